using System.Net;
using System.Net.Sockets;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>A line to a Redis 7 that calls itself 6.2: whatever version it names is another one on the way.</summary>
internal sealed class OldRedis : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly OwnRedis redis;
    private readonly Task accepting;

    internal OldRedis(OwnRedis redis)
    {
        this.redis = redis;
        listener.Start();
        accepting = Accept();
    }

    internal string Address => $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await accepting;
        listener.Dispose();
    }

    private async Task Accept()
    {
        try
        {
            while (true)
                _ = Carry(await listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task Carry(TcpClient near)
    {
        using var far = new TcpClient();
        using (near)
        {
            await far.ConnectAsync(IPEndPoint.Parse(redis.Address));
            await Task.WhenAny(Copy(near, far, ages: false), Copy(far, near, ages: true));
        }
    }

    private static async Task Copy(TcpClient from, TcpClient into, bool ages)
    {
        try
        {
            var buffer = new byte[64 * 1024];
            for (int read; (read = await from.GetStream().ReadAsync(buffer)) > 0; )
            {
                if (ages)
                    Age(buffer.AsSpan(0, read));
                await into.GetStream().WriteAsync(buffer.AsMemory(0, read));
            }
        }
        catch (Exception e)
            when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The other side has ended.
        }
    }

    private static void Age(Span<byte> said)
    {
        for (int at; (at = said.IndexOf("7.0."u8)) >= 0; said = said[(at + 4)..])
            "6.2."u8.CopyTo(said[at..]);
    }
}
