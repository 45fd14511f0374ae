using System.Diagnostics;
using System.Globalization;

namespace Veza.Tests.Harness;

/// <summary>A real nginx before a server, with the configuration that docs/OPERATIONS.md tells.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    private readonly Process process;

    private Nginx(Process process, int port) => (this.process, Address) = (process, $"http://127.0.0.1:{port}");

    internal string Address { get; }

    internal static async Task<Nginx> Start(string upstream, int port, string storage)
    {
        var folder = TestRun.NewFolder("nginx");
        var configuration = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(
            configuration,
            string.Create(
                CultureInfo.InvariantCulture,
                $$"""
                worker_processes 1;
                pid {{folder}}/nginx.pid;
                error_log {{folder}}/error.log;
                events { worker_connections 64; }
                http {
                  access_log off;
                  client_body_temp_path {{folder}}/body; proxy_temp_path {{folder}}/proxy; fastcgi_temp_path {{folder}}/fastcgi; uwsgi_temp_path {{folder}}/uwsgi; scgi_temp_path {{folder}}/scgi;
                  server {
                    listen 127.0.0.1:{{port}};
                    location / { proxy_pass {{upstream}}; proxy_set_header Host $host; }
                    location /veza-objects/ { internal; alias {{storage}}/; add_header Access-Control-Allow-Origin "*"; }
                  }
                }
                """
            )
        );
        var process = Process.Start(
            new ProcessStartInfo(
                "/usr/sbin/nginx",
                ["-c", configuration, "-e", Path.Combine(folder, "error.log"), "-g", "daemon off;"]
            )
        )!;
        var nginx = new Nginx(process, port);
        using var http = new HttpClient();
        await Eventually.True(
            "nginx answers",
            async () =>
            {
                if (process.HasExited)
                    throw new InvalidOperationException(await File.ReadAllTextAsync(Path.Combine(folder, "error.log")));
                try
                {
                    using var answer = await http.GetAsync(new Uri(nginx.Address + "/health/live"));
                    return answer.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            }
        );
        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
