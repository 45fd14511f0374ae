using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Veza.Tests.Harness;

/// <summary>
/// A line to another server that can be cut: what is under way breaks off, and nobody gets through until it is mended.
/// Or frozen: connections stay and are taken, and nothing comes through until it thaws, as with a server that is
/// stopped in its tracks.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, bool> open = new();
    private readonly Task accepting;
    private readonly Uri to;
    private volatile bool isCut;
    private volatile TaskCompletionSource? frozen;
    private long bytesSent,
        cutAt = long.MaxValue;

    internal FaultProxy(Uri to)
    {
        this.to = to;
        listener.Start();
        accepting = Accept();
    }

    internal Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

    /// <summary>Cuts itself when so many more bytes have gone to the other server, however fast they go.</summary>
    internal void CutAfter(long bytes) => Interlocked.Exchange(ref cutAt, Interlocked.Read(ref bytesSent) + bytes);

    internal void Cut()
    {
        isCut = true;
        foreach (var connection in open.Keys)
            connection.Close();
    }

    internal void Freeze() => frozen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void Thaw()
    {
        var held = frozen;
        frozen = null;
        held?.SetResult();
    }

    internal void Mend()
    {
        Interlocked.Exchange(ref cutAt, long.MaxValue);
        isCut = false;
    }

    public async ValueTask DisposeAsync()
    {
        Cut();
        Thaw();
        listener.Stop();
        await accepting;
        listener.Dispose();
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                var near = await listener.AcceptTcpClientAsync();
                if (isCut)
                    near.Close();
                else
                    _ = Carry(near);
            }
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
            try
            {
                if (frozen is { } until)
                    await until.Task;
                await far.ConnectAsync(to.Host, to.Port);
                open[near] = open[far] = true;
                await Task.WhenAny(Copy(near, far, counts: true), Copy(far, near, counts: false));
            }
            catch (Exception e)
                when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
            {
                // Cut.
            }

            open.TryRemove(near, out _);
            open.TryRemove(far, out _);
        }
    }

    private async Task Copy(TcpClient from, TcpClient into, bool counts)
    {
        try
        {
            var buffer = new byte[64 * 1024];
            for (int read; (read = await from.GetStream().ReadAsync(buffer)) > 0; )
            {
                if (frozen is { } until)
                    await until.Task;
                await into.GetStream().WriteAsync(buffer.AsMemory(0, read));
                if (counts && Interlocked.Add(ref bytesSent, read) >= Interlocked.Read(ref cutAt))
                    Cut();
            }
        }
        catch (Exception e)
            when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut.
        }
    }
}
