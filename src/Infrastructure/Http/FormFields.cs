namespace Veza.Infrastructure.Http;

/// <summary>The fields of a page's form, as a browser sends them.</summary>
internal static class FormFields
{
    private const string ContentType = "application/x-www-form-urlencoded";

    /// <summary>Throws <see cref="RefusedException"/> for another form, and for U+0000 in it.</summary>
    internal static async Task<IFormCollection> Read(HttpRequest request, CancellationToken ct)
    {
        var type = request.ContentType?.Split(';')[0].Trim();
        if (!ContentType.Equals(type, StringComparison.OrdinalIgnoreCase))
            throw new RefusedException(Errors.UnsupportedMediaType);
        var form = await request.ReadFormAsync(ct);
        var isUnstorable = form.SelectMany(field => field.Value.ToArray())
            .Any(text => text?.Contains('\0', StringComparison.Ordinal) == true);
        return isUnstorable ? throw new RefusedException(Errors.CharacterRefused) : form;
    }
}
