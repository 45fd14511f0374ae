namespace Veza.Infrastructure.Http;

/// <summary>The fields of a page's form, as a browser sends them.</summary>
internal static class FormFields
{
    private const string ContentType = "application/x-www-form-urlencoded";

    /// <summary>Throws <see cref="RefusedException"/> for what is no such form, and for text that nothing can store.</summary>
    internal static async Task<IFormCollection> Read(HttpRequest request, CancellationToken ct)
    {
        if (request.ContentType?.Split(';')[0].Trim().Equals(ContentType, StringComparison.OrdinalIgnoreCase) != true) throw new RefusedException(Errors.UnsupportedMediaType);
        var form = await request.ReadFormAsync(ct);
        return form.Any(field => field.Value.Any(text => text?.Contains('\0', StringComparison.Ordinal) == true)) ? throw new RefusedException(Errors.CharacterRefused) : form;
    }
}
