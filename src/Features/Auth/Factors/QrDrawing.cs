using System.Text;
using QRCoder;

namespace Veza.Features.Auth.Factors;

/// <summary>
/// A QR code as a small SVG: one path of black runs on white, with the margin that scanners want, dark mode or not.
/// </summary>
internal static class QrDrawing
{
    internal static string Svg(string text)
    {
        // The matrix brings the quiet zone of four modules along.
        using var code = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M, forceUtf8: true);
        var size = code.ModuleMatrix.Count;
        var svg = new StringBuilder("<svg xmlns=\"http://www.w3.org/2000/svg\"");
        svg.Append(
            $" viewBox=\"0 0 {size} {size}\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 "
                + $"0h{size}v{size}H0z\"/><path d=\""
        );
        for (var y = 0; y < size; y++)
        {
            var row = code.ModuleMatrix[y];
            for (var x = 0; x < size; x++)
            {
                if (!row[x])
                    continue;
                var from = x;
                while (x < size && row[x])
                    x++;
                svg.Append($"M{from} {y}h{x - from}v1h-{x - from}z");
            }
        }

        return svg.Append("\"/></svg>").ToString();
    }
}
