using Microsoft.Net.Http.Headers;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;

namespace Veza.Infrastructure.Media;

/// <summary>
/// A picture in storage, one object for each size under a prefix that is this picture's alone: a new one has a new id.
/// So whoever asks with the id in
/// <c>v</c>, as the URLs of ours do, may keep the answer for good.
/// </summary>
internal sealed record StoredPicture(string Prefix, Guid Id, PictureSizes Sizes, int[] SizesBytes)
{
    internal const string ContentType = "image/jpeg";
    private const string ForGood = "max-age=31536000, immutable",
        ForNow = "max-age=60";

    /// <summary>Writes all sizes under a claimed prefix, and gives their lengths.</summary>
    internal static async Task<int[]> Put(
        IObjectStore store,
        string prefix,
        EncodedPicture picture,
        PictureSizes sizes,
        CancellationToken ct
    )
    {
        foreach (var (i, file) in picture.Files.Index())
            await store.Put(NameOf(prefix, sizes.Px[i]), new MemoryStream(file), ContentType, ct);
        return [.. picture.Files.Select(file => file.Length)];
    }

    /// <summary>
    /// Answers with the size that suits. Shared caches keep only what everybody may see, and ask again after an hour,
    /// for that can change.
    /// </summary>
    internal Task Send(
        HttpContext http,
        IObjectStore store,
        int? sizePx,
        bool isPublic,
        Error gone,
        CancellationToken ct
    )
    {
        var index = Sizes.IndexFor(sizePx);
        var isNamed = Guid.TryParse(http.Request.Query["v"], out var named) && named == Id;
        var shared = isPublic ? "public, s-maxage=3600" : "private";
        http.Response.Headers.CacheControl = $"{shared}, {(isNamed ? ForGood : ForNow)}";
        var tag = new EntityTagHeaderValue($"\"{Id:n}-{Sizes.Px[index]}\"");
        return new ObjectAnswer(NameOf(Prefix, Sizes.Px[index]), SizesBytes[index], tag, ContentType).Send(
            http,
            store,
            gone,
            ct
        );
    }

    /// <summary>Null, or what is wrong with the size that is asked for.</summary>
    internal static Error? Refuse(int? sizePx) =>
        sizePx is null or > 0
            ? null
            : Errors.Validation.With(new FieldError("size", "OUT_OF_RANGE", "size is at least 1 pixel"));

    private static string NameOf(string prefix, int px) => $"{prefix}{px}.jpg";
}
