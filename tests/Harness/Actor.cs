using System.Net;
using System.Text.Json;

namespace Veza.Tests.Harness;

/// <summary>A person with an account: mira, davor and whoever else a test needs.</summary>
internal sealed class Actor : Visitor
{
    internal const string Password = "a long sentence is best";
    private static int count;
    private string accessToken;

    private Actor(VezaServer server, JsonElement signedIn)
        : base(server)
    {
        accessToken = signedIn.Text("access_token");
        RefreshToken = signedIn.Text("refresh_token");
        var user = signedIn.GetProperty("user");
        (Id, Username, Email) = (user.GetProperty("id").GetGuid(), user.Text("username"), user.Text("email"));
    }

    internal Guid Id { get; }

    internal string Username { get; }

    internal string Email { get; }

    internal string RefreshToken { get; private set; }

    internal override string AccessToken => accessToken;

    private Actor(VezaServer server, NewPerson person, string username, string email)
        : base(server)
    {
        (Id, Username, Email) = (person.Id, username, email);
        (accessToken, RefreshToken) = (person.Tokens.AccessToken, person.Tokens.RefreshToken);
    }

    /// <summary>A new account. The number keeps people of the same name apart.</summary>
    internal static Task<Actor> Register(VezaServer server, string name) => Register(server, name, IPAddress.Loopback);

    /// <summary>The same, of somebody who is at this address.</summary>
    internal static async Task<Actor> Register(VezaServer server, string name, IPAddress from)
    {
        var (username, email) = NewName(name);
        var registrar = await server.Registrar;
        return new Actor(server, await registrar.Register(email, username, name, from), username, email);
    }

    /// <summary>A new account whose owner registers as a client does, with all that the server does then.</summary>
    internal static async Task<Actor> RegisterByHttp(VezaServer server, string name)
    {
        var (username, email) = NewName(name);
        var reply = await server.Visitor.Post(
            "/api/v1/auth/register",
            new
            {
                Email = email,
                Username = username,
                Password,
                DisplayName = name,
            }
        );
        return new Actor(server, reply.Is(201).Data);
    }

    private static (string Username, string Email) NewName(string name)
    {
        var username = $"{name}{Interlocked.Increment(ref count)}";
        return (username, $"{username}@example.org");
    }

    /// <summary>Whoever signed in with this answer.</summary>
    internal static Actor Of(VezaServer server, JsonElement signedIn) => new(server, signedIn);

    /// <summary>The same person in one more session, as on a second device; on another node if one is given.</summary>
    internal async Task<Actor> SignIn(VezaServer? node = null) =>
        new(
            node ?? Server,
            (await (node ?? Server).Visitor.Post("/api/v1/auth/login", new { Email, Password })).Is(200).Data
        );

    internal async Task<Reply> Refresh() => await Server.Visitor.Post("/api/v1/auth/refresh", new { RefreshToken });

    internal void Take(JsonElement pair) =>
        (accessToken, RefreshToken) = (pair.Text("access_token"), pair.Text("refresh_token"));

    /// <summary>Another access token of the same session.</summary>
    internal void Take(string token) => accessToken = token;

    /// <summary>Uploads a file that is taken, and gives the track's id.</summary>
    internal async Task<Guid> UploadTrack(string path, params (string Name, string Value)[] fields) =>
        (await Upload(path, fields)).Is(202).Data.GetProperty("id").GetGuid();

    /// <summary>The track once the worker is done with it, ready or failed.</summary>
    internal Task<JsonElement> Processed(Guid track) => Processed(track, "ready", "failed");

    internal async Task<JsonElement> Ready(Guid track)
    {
        var processed = await Processed(track);
        if (processed.Text("status") != "ready")
            Assert.Fail($"The track failed: {processed.GetProperty("failure")}\n{Server.LogTail()}");
        return processed;
    }

    /// <summary>The track once its status is one of these.</summary>
    internal async Task<JsonElement> Processed(Guid track, params string[] statuses)
    {
        await Eventually.True(
            $"track {track} is {string.Join(" or ", statuses)}",
            async () =>
            {
                var status = (await Get($"/api/v1/tracks/{track}/status")).Is(200).Data.Text("status");
                return statuses.Contains(status);
            }
        );
        return (await Get($"/api/v1/tracks/{track}")).Is(200).Data;
    }
}
