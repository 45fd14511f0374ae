using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Texts;

namespace Veza.Features.Chat.Messages;

/// <summary>Reads the form of an attachment as it comes in: its one part named file goes straight to storage.</summary>
internal static class AttachmentForm
{
    private const int PartsMax = 4;
    private const string NameUsual = "file";

    internal sealed record Stored(string Name, string ContentType, long SizeBytes);

    /// <summary>Throws <see cref="RefusedException"/>.</summary>
    internal static Task<Stored> Read(HttpRequest request, IObjectStore store, string key, CancellationToken ct) =>
        MultipartForm.ReadFile(request, PartsMax, file => Store(file, store, key, ct), keep: null, ct);

    private static async Task<Stored> Store(FormPart part, IObjectStore store, string key, CancellationToken ct)
    {
        var file = await part.Begin(FileKind.BytesWanted, ct);
        var contentType = FileKind.Of(file.Head);
        await using var content = file.Content(ChatLimits.AttachmentBytesMax, ChatErrors.AttachmentTooLarge);
        var bytes = await store.Put(key, content, contentType, ct);
        return new Stored(NameOf(part.FileName), contentType, bytes);
    }

    /// <summary>
    /// A name for people: without folders and without what cannot be seen. Nothing is stored under it.
    /// </summary>
    internal static string NameOf(string said)
    {
        var name = said[(said.LastIndexOfAny(['/', '\\']) + 1)..];
        name = string.Concat(
                name.EnumerateRunes()
                    .Where(r =>
                        !System.Text.Rune.IsControl(r)
                        && System.Text.Rune.GetUnicodeCategory(r) is not System.Globalization.UnicodeCategory.Format
                    )
            )
            .Trim();
        return name.Length == 0 ? NameUsual : TextCut.OfFileName(name, ChatLimits.AttachmentNameCharsMax);
    }
}
