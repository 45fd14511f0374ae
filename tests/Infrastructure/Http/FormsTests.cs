using System.Text;
using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Http;

/// <summary>
/// A multipart body that is empty, cut short or no multipart at all is a request that was refused, on every route that
/// takes one.
/// </summary>
public sealed class FormsTests(VezaServer server) : IClassFixture<VezaServer>
{
    private const string Boundary = "the-boundary";
    private static readonly string PartHead =
        "Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\n";

    /// <summary>All that can go wrong with boundaries: by name, the body and whether the boundary is named.</summary>
    internal static readonly (string Name, string Body)[] Accidents =
    [
        ("nothing", ""),
        ("blank lines", "\r\n\r\n"),
        ("half a boundary", "--the-bo"),
        ("a boundary alone", "--the-boundary"),
        ("a boundary and a line", "--the-boundary\r\n"),
        ("the last boundary alone", "--the-boundary--"),
        ("another boundary", "--another\r\n\r\nx\r\n--another--\r\n"),
        ("half a head", "--the-boundary\r\nContent-Disposition: form-da"),
        ("a head without an end", $"--the-boundary\r\nContent-Disposition: form-data; name=\"file\"\r\n"),
        ("a head alone", $"--the-boundary\r\n{PartHead}"),
        ("a part that does not end", $"--the-boundary\r\n{PartHead}RIFF....WAVEfmt and so on"),
        (
            "a part that ends with half a boundary",
            $"--the-boundary\r\n{PartHead}RIFF....WAVEfmt and so on\r\n--the-bound"
        ),
        (
            "a last boundary that lacks its dashes",
            $"--the-boundary\r\n{PartHead}RIFF....WAVEfmt and so on\r\n--the-boundary"
        ),
        (
            "a field that does not end",
            "--the-boundary\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nNight B"
        ),
        ("a part without a head", "--the-boundary\r\n\r\nbytes\r\n--the-boundary--\r\n"),
        ("no line feeds", $"--the-boundary\r{PartHead.Replace("\n", "", StringComparison.Ordinal)}x\r--the-boundary--"),
        ("a head that is too long", $"--the-boundary\r\nX: {new string('y', 10_000)}\r\n\r\nx\r\n--the-boundary--\r\n"),
        (
            "many heads",
            $"--the-boundary\r\n{string.Concat(Enumerable.Range(0, 50).Select(n => $"X-{n}: y\r\n"))}\r\nx\r\n--the-boundary--\r\n"
        ),
        ("no colon in a head", "--the-boundary\r\nContent-Disposition form-data\r\n\r\nx\r\n--the-boundary--\r\n"),
        (
            "many parts",
            string.Concat(
                Enumerable
                    .Range(0, 60)
                    .Select(n => $"--the-boundary\r\nContent-Disposition: form-data; name=\"n{n}\"\r\n\r\nx\r\n")
            ) + "--the-boundary--\r\n"
        ),
        (
            "a name with U+0000",
            "--the-boundary\r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''a%00.wav\r\n\r\n"
                + "RIFF....WAVEfmt \r\n--the-boundary--\r\n"
        ),
    ];

    [Fact]
    public async Task Whatever_is_wrong_with_a_form_is_refused_in_the_envelope_and_nothing_of_it_is_kept()
    {
        var mira = await server.Register("mira");
        var room = (await mira.Post("/api/v1/chat/rooms", new { Name = "Forms" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        var track = Guid.CreateVersion7();
        await server.Database.Execute(
            """
            insert into track (id, account_id, title, visibility, status, storage_prefix, sha256, size_bytes)
              values ($1, $2, 'Mine', 'public', 'ready', 'tracks/' || $1 || '/', '', 1)
            """,
            track,
            mira.Id
        );
        var tried = 0;
        foreach (
            var (method, path) in new[]
            {
                ("POST", "/api/v1/tracks"),
                ("PUT", $"/api/v1/tracks/{track}/audio"),
                ("PUT", $"/api/v1/tracks/{track}/cover"),
                ("PUT", "/api/v1/users/me/avatar"),
                ("POST", $"/api/v1/chat/rooms/{room}/attachments"),
                ("POST", "/api/v1/auth/password/new"),
            }
        )
        {
            if (await Send(mira, method, path, "boundary=the-boundary", "") is { Status: 404 or 405 })
                continue;
            foreach (var (name, body) in Accidents)
            {
                var answer = await Send(mira, method, path, $"boundary={Boundary}", body);
                Assert.True(
                    answer.Status is >= 400 and < 500 && answer.Fault(isHead: false) is null,
                    $"{method} {path} with {name}: {answer.Status} {answer.Fault(isHead: false)} {answer.Text}"
                );
                tried++;
            }

            foreach (
                var parameter in new[]
                {
                    "",
                    "boundary=",
                    "boundary=\"\"",
                    "boundary=" + new string('b', 200),
                    "boundary=\"a b\"",
                    "boundary=a; boundary=b",
                    "charset=utf-7; boundary=x",
                }
            )
                Assert.InRange(
                    (
                        await Send(
                            mira,
                            method,
                            path,
                            parameter,
                            $"--the-boundary\r\n{PartHead}x\r\n--the-boundary--\r\n"
                        )
                    ).Status,
                    400,
                    499
                );
        }

        Assert.True(tried >= 6 * Accidents.Length);
        await Eventually.True(
            "nothing is stored",
            async () =>
                await server.Database.Scalar<long>(
                    "select (select count(*) from storage_claim) + (select count(*) from attachment)"
                ) == 0
        );
    }

    private static Task<WireAnswer> Send(Actor who, string method, string path, string parameter, string body) =>
        WireAnswer.To(
            who.Server,
            $"{method} {path} HTTP/1.1\r\nHost: veza\r\nAuthorization: Bearer {who.AccessToken}\r\nContent-Type: "
                + $"multipart/form-data; {parameter}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n",
            Encoding.Latin1.GetBytes(body)
        );

    [Fact]
    public async Task A_form_that_is_whole_is_taken_whatever_stands_around_its_parts()
    {
        var mira = await server.Register("mira");
        var room = (await mira.Post("/api/v1/chat/rooms", new { Name = "Whole forms" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        var body =
            "preamble\r\n--the-boundary\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n"
            + "--the-boundary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhello\r\n"
            + "--the-boundary--\r\nepilogue";
        var answer = await Send(
            mira,
            "POST",
            $"/api/v1/chat/rooms/{room}/attachments",
            "boundary=\"the-boundary\"",
            body
        );
        Assert.Equal(201, answer.Status);
        var stored = JsonElement.Parse(answer.Body).GetProperty("data");
        Assert.Equal(("a.txt", 5), (stored.Text("name"), stored.Number("size_bytes")));
    }
}
