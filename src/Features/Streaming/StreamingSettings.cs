using Veza.Infrastructure.Configuration;

namespace Veza.Features.Streaming;

/// <summary>
/// Who sends the bytes of streams: this program (direct), the nginx before it (accel), or the bucket, with or without a
/// CDN before it (redirect).
/// </summary>
internal sealed record StreamingSettings(string Delivery, string AccelPath, Uri? Cdn)
{
    internal const string Direct = "direct",
        Accel = "accel",
        Redirect = "redirect";

    internal static StreamingSettings Read(SettingsReader read, StorageSettings storage)
    {
        var delivery = read.Text("stream:delivery", Direct);
        if (delivery is not (Direct or Accel or Redirect))
            read.Fault(
                "stream:delivery",
                $"'{delivery}' is not one of {Direct}, {Accel}, {Redirect}",
                $"the default is {Direct}"
            );
        if (delivery == Accel && storage.S3 is not null)
            read.Fault(
                "stream:delivery",
                "is accel, but storage is S3",
                "nginx reads a directory; use redirect with S3"
            );
        if (delivery == Redirect && storage.S3 is null)
            read.Fault(
                "stream:delivery",
                "is redirect, but storage is a directory",
                "only a bucket can be redirected to; use accel with a directory"
            );
        var path = read.Text("stream:accel_path", "/veza-objects/");
        if (
            !path.StartsWith('/')
            || !path.EndsWith('/')
            || path.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('/' or '-' or '_' or '.'))
        )
            read.Fault(
                "stream:accel_path",
                $"'{path}' is not a path that begins and ends with /",
                "use the internal location of nginx, such as /veza-objects/"
            );
        return new StreamingSettings(
            delivery,
            path,
            read.Optional("stream:cdn") is null ? null : read.Url("stream:cdn", "https://cdn.example.org")
        );
    }
}
