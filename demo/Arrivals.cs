using System.Net;
using System.Text.Json.Nodes;

namespace Veza.Demo;

/// <summary>Brings the demo people in: by password when they are known here, else by registration.</summary>
internal static class Arrivals
{
    public static async Task<Person[]> SignInAll(VezaApi api, PeopleFile file, CancellationToken ct)
    {
        bool known = file.Exists;
        var here = new List<Person>();
        foreach (Person person in await file.ReadOrCreate(ct))
            here.Add(
                await LogIn(api, person, known, ct)
                    ?? await Register(api, person, file, fresh: !known && here.Count == 0, ct)
            );

        return [.. here];
    }

    private static async Task<Person?> LogIn(VezaApi api, Person person, bool known, CancellationToken ct)
    {
        if (!known)
            return null;

        try
        {
            JsonNode? data = await api.Post(
                "/api/v1/auth/login",
                null,
                new JsonObject { ["email"] = person.Email, ["password"] = person.Password },
                ct
            );
            Console.WriteLine($"{person.DisplayName} ({person.Username}) is back");
            return SignedIn(person, data);
        }
        catch (SeedFailure refused) when (refused.Status == HttpStatusCode.Unauthorized)
        {
            // The file outlived its database, or the first run ended halfway: registration decides.
            return null;
        }
    }

    private static async Task<Person> Register(
        VezaApi api,
        Person person,
        PeopleFile file,
        bool fresh,
        CancellationToken ct
    )
    {
        try
        {
            JsonNode? data = await api.Post(
                "/api/v1/auth/register",
                null,
                new JsonObject
                {
                    ["email"] = person.Email,
                    ["username"] = person.Username,
                    ["password"] = person.Password,
                    ["display_name"] = person.DisplayName,
                },
                ct
            );
            Console.WriteLine($"{person.DisplayName} ({person.Username}) is registered");
            return SignedIn(person, data);
        }
        catch (SeedFailure refused) when (refused.Code is "EMAIL_TAKEN" or "USERNAME_TAKEN")
        {
            if (fresh)
            {
                // Nobody has these passwords: kept, they would look like the right ones.
                file.Remove();
            }

            throw new SeedFailure(
                $"{refused.Message}\n{person.Username} lives here already, and the password that belongs to "
                    + $"{person.Username} is not in people.json. "
                    + "Bring back the people.json of the first run (or name its folder with --out), or seed an empty "
                    + "database."
            );
        }
    }

    private static Person SignedIn(Person person, JsonNode? data)
    {
        if (data?["mfa_required"] is not null)
            throw new SeedFailure(
                $"{person.Username} has a second factor now, which a script does not have. Switch it off for "
                    + $"the demo people."
            );

        return person with
        {
            Id = VezaApi.Text(data?["user"], "id"),
            AccessToken = VezaApi.Text(data, "access_token"),
        };
    }
}
