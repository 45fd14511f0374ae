using System.Text;
using System.Text.Json;
using Veza.Tests.Features.Chat.Messages;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Uploads;

/// <summary>
/// Files with names that are long, or in no letters at all: what is kept of a name ends as the name did, and holds
/// whole characters.
/// </summary>
[Trait("Touches", "Objects")]
public sealed class FileNamesTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;
    private static readonly string LongEmoji = string.Concat(Enumerable.Repeat("😀", 200)),
        LongFamilies = "a" + string.Concat(Enumerable.Repeat("👨‍👩‍👧‍👦", 30));

    public static TheoryData<string> Names =>
        [
            LongEmoji + ".flac",
            "x" + LongEmoji + ".flac",
            LongFamilies + ".flac",
            "no ending " + LongEmoji,
            new string('n', 300) + ".flac",
            "Ночь 🌙.flac",
        ];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_track_is_taken_whatever_its_file_is_called(string name)
    {
        var mira = await server.Register("mira");
        var id = await mira.Upload(
            await File.ReadAllBytesAsync(await Sounds.Short, TestContext.Current.CancellationToken),
            name
        );
        IsSound(
            name,
            await server.Database.Scalar<string>(
                "select file_name from track where id = $1",
                id.Is(202).Data.GetProperty("id").GetGuid()
            ),
            255
        );
        Assert.NotEqual(500, (await mira.Get($"/api/v1/tracks/{id.Data.GetProperty("id").GetGuid()}/original")).Status);

        var upload = await TusUpload.Create(mira, 10, ("filename", name));
        Assert.Equal(0, await upload.Offset());
        var talk = await Talk.Begin(server, "public", "mira");
        // Attachments' names have no invisible characters, nor what those join.
        var visible = name.Replace(".flac", ".pdf", StringComparison.Ordinal)
            .Replace("\u200d", "", StringComparison.Ordinal);
        var brought = (await AttachmentsTests.Upload(talk.Owner, talk.Room, visible, "hello"u8.ToArray())).Is(201).Data;
        IsSound(visible, brought.Text("name"), 150);
        (await talk.Owner.Get($"/api/v1/chat/attachments/{brought.GetProperty("id").GetGuid()}")).Is(200);
    }

    private static void IsSound(string given, string kept, int charsMax)
    {
        Assert.InRange(kept.Length, 1, charsMax);
        Assert.Equal(
            given.Length <= charsMax ? given : Path.GetExtension(given),
            given.Length <= charsMax ? kept : Path.GetExtension(kept)
        );
        Assert.StartsWith(Path.GetFileNameWithoutExtension(kept), given, StringComparison.Ordinal);
        new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(kept);
        // A family is whole or not there.
        if (given.Contains("👨‍👩‍👧‍👦", StringComparison.Ordinal))
            Assert.EndsWith("👨‍👩‍👧‍👦", Path.GetFileNameWithoutExtension(kept), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("filename\u00e9 YQ==")]
    [InlineData("é YQ==")]
    [InlineData("filename YQ==,näme YQ==")]
    [InlineData("😀")]
    public async Task Metadata_that_no_header_of_an_answer_could_tell_are_refused(string metadata)
    {
        var mira = await server.Register("mira");
        var head =
            $"POST /api/v1/uploads HTTP/1.1\r\nHost: veza\r\nAuthorization: Bearer {mira.AccessToken}\r\n"
            + $"Tus-Resumable: 1.0.0\r\nUpload-Length: 10\r\nUpload-Metadata: {metadata}\r\nContent-Length: 0\r\n"
            + $"Connection: close\r\n\r\n";
        var answer = await WireAnswer.To(server.Port, Encoding.UTF8.GetBytes(head), []);
        Assert.Equal(
            (400, "BAD_REQUEST", null),
            (answer.Status, JsonElement.Parse(answer.Body).Text("error_code"), answer.Fault(isHead: false))
        );
    }

    /// <summary>Taken before they were refused.</summary>
    [Fact]
    public async Task An_upload_with_such_metadata_is_still_shown()
    {
        var mira = await server.Register("mira");
        var upload = await TusUpload.Create(mira, 10, ("filename", "a.flac"));
        await server.Database.Execute("update upload set metadata = 'näme YQ==' where id = $1", upload.Id);
        Assert.Null((await upload.Head()).Is(200).Header("Upload-Metadata"));
    }
}
