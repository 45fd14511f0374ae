using System.Text;
using System.Text.Encodings.Web;

namespace Veza.Infrastructure.Mail;

/// <summary>
/// Writes both parts of an e-mail at once, so that they say the same. Whatever is put in is one line of plain text, and
/// HTML sees it encoded: there is no other way to write on it.
/// </summary>
internal sealed class EmailTemplate
{
    private readonly StringBuilder text = new(),
        html = new();

    internal EmailTemplate Say(string paragraph)
    {
        text.Append(OneLine(paragraph)).Append("\n\n");
        html.Append("<p style=\"margin:0 0 16px\">").Append(Encoded(paragraph)).Append("</p>");
        return this;
    }

    internal EmailTemplate Link(string label, string url)
    {
        text.Append(OneLine(label)).Append(":\n").Append(OneLine(url)).Append("\n\n");
        html.Append("<p style=\"margin:0 0 16px\"><a href=\"")
            .Append(Encoded(url))
            .Append(
                "\" style=\"display:inline-block;padding:12px "
                    + "20px;border-radius:6px;background:#1d4ed8;color:#ffffff;text-decoration:none\">"
            )
            .Append(Encoded(label))
            .Append("</a></p>");
        return this;
    }

    internal EmailTemplate Code(string label, string code)
    {
        text.Append(OneLine(label)).Append(":\n").Append(OneLine(code)).Append("\n\n");
        html.Append("<p style=\"margin:0 0 4px\">")
            .Append(Encoded(label))
            .Append(":</p><p style=\"margin:0 0 16px;font-size:28px;letter-spacing:4px;font-family:monospace\">")
            .Append(Encoded(code))
            .Append("</p>");
        return this;
    }

    internal Email Seal(string to, string subject, DateTime? sendBefore = null) =>
        new(
            to,
            OneLine(subject),
            text.ToString().TrimEnd() + "\n",
            $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>{Encoded(subject)}</title></head>
            <body style="margin:0;padding:24px;font-family:sans-serif;font-size:16px;line-height:1.5;color:#111827;background:#ffffff">{html}</body></html>
            """,
            sendBefore
        );

    private static string Encoded(string value) => HtmlEncoder.Default.Encode(OneLine(value));

    private static string OneLine(string value) =>
        string.Create(
            value.Length,
            value,
            static (line, source) =>
            {
                for (var i = 0; i < line.Length; i++)
                    line[i] = char.IsControl(source[i]) || source[i] is '\u2028' or '\u2029' ? ' ' : source[i];
            }
        );
}
