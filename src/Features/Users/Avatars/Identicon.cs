using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Veza.Features.Users.Avatars;

/// <summary>
/// The picture of an account that has none: a pattern and a colour out of the account's id, always the same. Nothing
/// that a person wrote is in it.
/// </summary>
internal static class Identicon
{
    internal const string ContentType = "image/svg+xml";
    private const int Cells = 5,
        CellPx = 20,
        MarginPx = 14,
        EdgePx = Cells * CellPx + 2 * MarginPx,
        Degrees = 360;

    internal static string Svg(Guid id)
    {
        var hash = SHA256.HashData(id.ToByteArray(bigEndian: true));
        var hue = (hash[0] << 8 | hash[1]) % Degrees;
        var svg = new StringBuilder();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {EdgePx} {EdgePx}\" width=\"512\" "
                + $"height=\"512\" shape-rendering=\"crispEdges\">"
        );
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<rect width=\"{EdgePx}\" height=\"{EdgePx}\" fill=\"hsl({hue},30%,92%)\"/><path "
                + $"fill=\"hsl({hue},55%,45%)\" d=\""
        );
        for (var row = 0; row < Cells; row++)
        {
            for (var column = 0; column < Cells; column++)
            {
                // The right half mirrors the left.
                if ((hash[2 + row * 3 + Math.Min(column, Cells - 1 - column)] & 1) == 0)
                    continue;
                svg.Append(
                    CultureInfo.InvariantCulture,
                    $"M{MarginPx + column * CellPx} {MarginPx + row * CellPx}h{CellPx}v{CellPx}h-{CellPx}z"
                );
            }
        }

        return svg.Append("\"/></svg>").ToString();
    }
}
