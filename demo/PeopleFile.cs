using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Veza.Demo;

/// <summary>
/// <c>people.json</c>: the demo people and their passwords, made up on the first run, for the owner's eyes only. It
/// holds no tokens.
/// </summary>
internal sealed class PeopleFile(DirectoryInfo output)
{
    private const int PasswordChars = 24;
    private const string Alphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_";

    private static readonly (string Username, string DisplayName)[] Cast =
    [
        ("ana", "Ana Lukić"),
        ("ilir", "Ilir Dushi"),
        ("sunniva", "Sunniva Aas"),
    ];

    private readonly string _path = In(output);

    public static string In(DirectoryInfo output) => Path.Combine(output.FullName, "people.json");

    public bool Exists => File.Exists(_path);

    /// <summary>
    /// Reads them, or makes them up and writes them first, so that no account ever has a password that nobody knows.
    /// </summary>
    public async Task<Person[]> ReadOrCreate(CancellationToken ct)
    {
        if (Exists)
            return await Read(ct);

        Person[] people = [.. Cast.Select(p => new Person(p.Username, p.DisplayName, NewPassword()))];
        await Write(people, ct);
        return people;
    }

    public void Remove() => File.Delete(_path);

    private async Task<Person[]> Read(CancellationToken ct)
    {
        try
        {
            JsonNode? file = JsonNode.Parse(await File.ReadAllTextAsync(_path, ct));
            return
            [
                .. file!["people"]!
                    .AsArray()
                    .Select(p => new Person(
                        VezaApi.Text(p, "username"),
                        VezaApi.Text(p, "display_name"),
                        VezaApi.Text(p, "password")
                    )),
            ];
        }
        catch (Exception broken) when (broken is JsonException or NullReferenceException or InvalidOperationException)
        {
            throw new SeedFailure(
                $"{_path} is not readable ({broken.Message}). Bring it back from a copy, or remove it and seed "
                    + $"an empty database."
            );
        }
    }

    private async Task Write(Person[] people, CancellationToken ct)
    {
        var file = new JsonObject
        {
            ["people"] = new JsonArray([
                .. people.Select(p => new JsonObject
                {
                    ["username"] = p.Username,
                    ["display_name"] = p.DisplayName,
                    ["email"] = p.Email,
                    ["password"] = p.Password,
                }),
            ]),
        };
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

        await using var stream = new FileStream(_path, options);
        await using var writer = new Utf8JsonWriter(
            stream,
            new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
        );
        file.WriteTo(writer);
        await writer.FlushAsync(ct);
    }

    private static string NewPassword()
    {
        while (true)
        {
            string password = RandomNumberGenerator.GetString(Alphabet, PasswordChars);
            bool letters = password.Any(char.IsAsciiLetterLower) && password.Any(char.IsAsciiLetterUpper);
            if (letters && password.Any(char.IsAsciiDigit) && password.Any(c => c is '-' or '_'))
                return password;
        }
    }
}
