using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Veza.Tests.Harness;
using Veza.Tests.House;

namespace Veza.Tests.Infrastructure.Http;

/// <summary>
/// Requests that nobody means well with, made from the OpenAPI document: every route, with bad values in its path,
/// query, headers and body. Nothing that is sent is a fault of the server, and every refusal has the contract's shape.
/// VEZA_TEST_FUZZ says how many; they follow from a seed, VEZA_TEST_FUZZ_SEED, alone.
/// </summary>
public sealed partial class FuzzTests(VezaServer server) : IClassFixture<VezaServer>
{
    private const int RequestsUsual = 440,
        Workers = 4,
        FaultsShown = 40;
    private static readonly string[] Callers = ["anonymous", "owner", "owner", "owner", "admin", "stranger"];

    /// <summary>What says that there is no room or no such thing here, on purpose.</summary>
    private static readonly string[] Busy =
    [
        "SIGN_IN_BUSY",
        "PICTURES_BUSY",
        "PICTURES_UNAVAILABLE",
        "MAIL_NOT_CONFIGURED",
        "ROOM_BUSY",
        "SOCKETS_FULL",
    ];

    private static int Number(string variable, int usual) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : usual;

    [Fact]
    public async Task Nothing_that_a_client_sends_is_a_fault_of_the_server_or_loses_its_answer()
    {
        var (count, seed) = (Number("VEZA_TEST_FUZZ", RequestsUsual), Number("VEZA_TEST_FUZZ_SEED", 20260301));
        var operations = Operation.All((await server.Visitor.Get("/openapi/v1.json")).Is(200).Json);
        Assert.True(operations.Length > 150);
        await using var cast = await AccessScenario.For(server);
        var (faults, statuses, next) = (new ConcurrentQueue<string>(), new ConcurrentDictionary<int, int>(), -1);
        await Task.WhenAll(
            Enumerable
                .Range(0, Workers)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        for (int n; (n = Interlocked.Increment(ref next)) < count; )
                            if (
                                await Try(
                                    cast,
                                    operations[n % operations.Length],
                                    new Random(unchecked(seed + n * 7919)),
                                    statuses
                                ) is
                                { } fault
                            )
                                faults.Enqueue($"#{n}: {fault}");
                    })
                )
        );
        var met = string.Join(", ", statuses.OrderBy(s => s.Key).Select(s => $"{s.Key} x {s.Value}"));
        TestContext.Current.SendDiagnosticMessage("{0} requests of seed {1}: {2}", count, seed, met);
        if (Environment.GetEnvironmentVariable("VEZA_TEST_FUZZ_RESULT") is { Length: > 0 } file)
            await File.WriteAllTextAsync(
                file,
                $"{count} requests of seed {seed}: {met}; {faults.Count} faults\n{string.Join('\n', faults)}\n",
                TestContext.Current.CancellationToken
            );
        Assert.True(
            faults.IsEmpty,
            $"seed {seed}, {faults.Count} faults of {count} ({met}):\n"
                + $"{string.Join('\n', faults.Take(FaultsShown))}\n{server.LogTail()}"
        );
        // Not all were refused at the door.
        Assert.True(
            statuses.Keys.Any(s => s is >= 200 and < 300) && statuses.ContainsKey(422) && statuses.ContainsKey(404),
            met
        );
        (await server.Visitor.Get("/health/ready")).Is(200);
    }

    private async Task<string?> Try(
        AccessScenario cast,
        Operation operation,
        Random random,
        ConcurrentDictionary<int, int> statuses
    )
    {
        var owner = await cast.Account(["user"]);
        var bearer = await cast.Bearer(random.Any(Callers), owner);
        var (url, headers, body) = (
            await Address(cast, operation, owner, random),
            new List<(string Name, string Value)>(),
            Array.Empty<byte>()
        );
        if (bearer is not null)
            headers.Add(("Authorization", $"Bearer {bearer}"));
        if (operation.Path.StartsWith("/api/v1/uploads", StringComparison.Ordinal) && random.Next(5) > 0)
            headers.AddRange([("Tus-Resumable", "1.0.0"), ("Upload-Length", "10")]);
        if (operation.IsForm)
            (body, headers) = Form(headers, random);
        else if (operation.Example is { } example)
        {
            body =
                random.Next(6) == 0 ? random.Any(FuzzValues.Bodies)
                : random.Next(6) == 0 ? Encoding.UTF8.GetBytes(example)
                : FuzzValues.Mutated(example, random);
            headers.Add(
                ("Content-Type", random.Next(12) == 0 ? random.Any(FuzzValues.ContentTypes) : "application/json")
            );
        }
        else if (operation.Method is not ("GET" or "HEAD") && random.Next(3) == 0)
        {
            body = random.Any(FuzzValues.Bodies);
            headers.Add(("Content-Type", random.Any(FuzzValues.ContentTypes)));
        }

        for (var more = random.Next(3); more > 0; more--)
        {
            var header = random.Any(FuzzValues.Headers);
            headers.RemoveAll(h => h.Name.Equals(header.Name, StringComparison.OrdinalIgnoreCase));
            headers.Add(header);
        }

        return await Judge(operation, url, headers, body, statuses);
    }

    private async Task<string?> Judge(
        Operation operation,
        string url,
        List<(string Name, string Value)> headers,
        byte[] body,
        ConcurrentDictionary<int, int> statuses
    )
    {
        var head = new StringBuilder($"{operation.Method} {url} HTTP/1.1\r\nHost: veza\r\nConnection: close\r\n");
        foreach (var (name, value) in headers)
            head.Append($"{name}: {value}\r\n");
        if (body.Length > 0 || operation.Method is not ("GET" or "HEAD"))
            head.Append($"Content-Length: {body.Length}\r\n");
        var sent =
            $"{head.ToString().ReplaceLineEndings(" | ")}{(body.Length > 600 ? $"{body.Length} bytes" : Encoding.UTF8.GetString(body))}";
        sent = TokenPattern().Replace(sent, "Bearer ...");
        try
        {
            var answer = await WireAnswer.To(server.Port, Encoding.Latin1.GetBytes($"{head}\r\n"), body);
            statuses.AddOrUpdate(answer.Status, 1, (_, seen) => seen + 1);
            if (
                answer.Status >= 500
                && !(answer.Status == 503 && Busy.Any(code => answer.Text.Contains(code, StringComparison.Ordinal)))
            )
                return $"{answer.Status} {answer.Text} to {sent}";
            return answer.Fault(operation.Method == "HEAD") is { } fault
                ? $"{fault}: {answer.Status} {answer.Text} to {sent}"
                : null;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return $"no answer ({e.Message}) to {sent}";
        }
    }

    /// <summary>Half of the time to what is there; then mostly with something odd in it, or behind it.</summary>
    private static async Task<string> Address(AccessScenario cast, Operation operation, Guid owner, Random random)
    {
        var isReal = random.Next(2) == 0;
        var path = operation.Path;
        if (path.Contains("{id}", StringComparison.Ordinal))
            path = path.Replace(
                "{id}",
                isReal ? (await Thing(cast, path, owner)).ToString()
                    : random.Next(2) == 0 ? Guid.CreateVersion7().ToString()
                    : FuzzValues.InAddress(random),
                StringComparison.Ordinal
            );
        path = ParameterPattern()
            .Replace(
                path,
                match =>
                    random.Next(3) == 0
                        ? FuzzValues.InAddress(random)
                        : match.Value switch
                        {
                            "{userId}" or "{personId}" => owner.ToString(),
                            var name when AccessScenario.Fill(name) is var filled && filled != name => filled,
                            _ => Guid.CreateVersion7().ToString(),
                        }
            );
        if (random.Next(40) == 0)
            path += random.Any(["/", "//", ";a=b", "/.", "/..", "%20", "%0d%0a", "/" + new string('p', 9000)]);
        if (operation.Query.Length == 0)
            return random.Next(10) == 0 ? $"{path}?{FuzzValues.InAddress(random)}" : path;
        var query = operation
            .Query.Where(_ => random.Next(3) == 0)
            .Select(name =>
                $"{name}={(random.Next(4) == 0 ? random.Any(["1", "20", "a", "2026-03-01T00:00:00Z"]) : FuzzValues.InAddress(random))}"
            )
            .ToList();
        if (random.Next(5) == 0)
            query.Add(query.Count > 0 ? query[0] : "x=y");
        return query.Count == 0 ? path : $"{path}?{string.Join('&', query)}";
    }

    private static async Task<Guid> Thing(AccessScenario cast, string path, Guid owner)
    {
        try
        {
            return await cast.Thing(path, owner);
        }
        catch (InvalidOperationException)
        {
            return owner;
        }
    }

    private static (byte[] Body, List<(string Name, string Value)> Headers) Form(
        List<(string Name, string Value)> headers,
        Random random
    )
    {
        headers.Add(
            (
                "Content-Type",
                random.Next(8) == 0 ? random.Any(FuzzValues.ContentTypes) : "multipart/form-data; boundary=the-boundary"
            )
        );
        var name = new string([.. random.Any(FuzzValues.Texts).Where(c => c is not ('\r' or '\n' or '"'))]);
        var whole = Encoding.UTF8.GetBytes(
            $"--the-boundary\r\nContent-Disposition: form-data; name=\"{random.Any(["title", "tags", "visibility", name])}\"\r\n\r\n{random.Any(FuzzValues.Texts)}\r\n"
                + $"--the-boundary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}.wav\"\r\n\r\n{random.Any(["", "RIFF....WAVEfmt ", "ID3", "fLaC", new string('x', 70_000)])}\r\n--the-boundary--\r\n"
        );
        return (
            random.Next(4) switch
            {
                0 => Encoding.Latin1.GetBytes(random.Any(FormsTests.Accidents).Body),
                1 => whole[..random.Next(whole.Length)],
                2 => Mutation.Of(whole, random),
                _ => whole,
            },
            headers
        );
    }

    [GeneratedRegex("\\{[A-Za-z0-9]+\\}")]
    private static partial Regex ParameterPattern();

    [GeneratedRegex("Bearer [A-Za-z0-9_.-]{20,}")]
    private static partial Regex TokenPattern();

    /// <summary>One call of the document.</summary>
    private sealed record Operation(string Method, string Path, string[] Query, string? Example, bool IsForm)
    {
        internal static Operation[] All(JsonElement document) =>
            [
                .. from path in document.GetProperty("paths").EnumerateObject()
                from call in path.Value.EnumerateObject()
                let content = call.Value.TryGetProperty("requestBody", out var body)
                    ? body.GetProperty("content")
                    : default
                select new Operation(
                    call.Name.ToUpperInvariant(),
                    path.Name,
                    call.Value.TryGetProperty("parameters", out var parameters)
                        ?
                        [
                            .. parameters
                                .EnumerateArray()
                                .Where(p => p.Text("in") == "query")
                                .Select(p => p.Text("name")),
                        ]
                        : [],
                    content.ValueKind == JsonValueKind.Object
                    && content.TryGetProperty("application/json", out var json)
                        ? json.TryGetProperty("example", out var example)
                            ? example.GetRawText()
                            : "{\"a\":1}"
                        : null,
                    (content.ValueKind == JsonValueKind.Object && content.TryGetProperty("multipart/form-data", out _))
                        || path.Name.EndsWith("/cover", StringComparison.Ordinal)
                        || path.Name.EndsWith("/avatar", StringComparison.Ordinal)
                ),
            ];
    }
}
