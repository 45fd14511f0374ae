using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;

namespace Veza.Infrastructure.Http;

/// <summary>
/// A small page for a person who followed a link: no scripts, nothing from elsewhere, never framed, cached or told to
/// others. Whatever is put on it is encoded: there is no other way to write on it. Its form posts to the page's own
/// address.
/// </summary>
internal sealed class HtmlPage(string title, int status = StatusCodes.Status200OK) : IResult
{
    internal const string ContentType = "text/html";

    private const string Style =
        "body{margin:0 auto;max-width:28rem;padding:3rem 1.5rem;font:1rem/1.5 "
        + "system-ui,sans-serif;color:#111827;background:#fff}"
        + "h1{font-size:1.5rem}label{display:block;margin-bottom:1rem}input{display:block;width:100%;box-sizing:border-box;padding:.6rem;font:inherit;border:1px solid #6b7280;border-radius:.4rem}"
        + "button{padding:.7rem 1.4rem;font:inherit;border:0;border-radius:.4rem;color:#fff;background:#1d4ed8;cursor:pointer}.fault{color:#b91c1c}"
        + "@media(prefers-color-scheme:dark){body{color:#f3f4f6;background:#111827}input{color:inherit;background:#1f2937}.fault{color:#fca5a5}}";

    private static readonly string Policy =
        $"default-src 'none'; style-src "
        + $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private readonly StringBuilder content = new();

    internal HtmlPage Say(string paragraph) => Append("<p>", paragraph, "</p>");

    internal HtmlPage Fault(string message) => Append("<p class=\"fault\" role=\"alert\">", message, "</p>");

    internal HtmlPage Form(string button, params HtmlField[] fields)
    {
        content.Append("<form method=\"post\">");
        foreach (var field in fields)
            content
                .Append("<label>")
                .Append(Encoded(field.Label))
                .Append(
                    $"<input type=\"{field.Type}\" name=\"{field.Name}\" autocomplete=\"{field.Autocomplete}\" "
                        + $"required></label>"
                );
        return Append("<button>", button, "</button></form>");
    }

    public Task ExecuteAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.CacheControl = "no-store";
        response.Headers.XFrameOptions = "DENY";
        // The address holds the token: it is not told to where the person goes next, nor to search engines.
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["X-Robots-Tag"] = "noindex";
        response.ContentType = ContentType + "; charset=utf-8";
        return response.WriteAsync(
            $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{Encoded(
                title
            )}</title><style>{Style}</style></head>
            <body><h1>{Encoded(title)}</h1>{content}</body></html>
            """,
            context.RequestAborted
        );
    }

    private static string Encoded(string value) => HtmlEncoder.Default.Encode(value);

    private HtmlPage Append(string before, string text, string after)
    {
        content.Append(before).Append(Encoded(text)).Append(after);
        return this;
    }
}

/// <summary>A field of a page's form; all but the label is the house's own text.</summary>
internal sealed record HtmlField(string Name, string Label, string Type, string Autocomplete);
