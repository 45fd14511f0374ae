using System.Net;
using System.Net.Sockets;

namespace Veza.Tests.Harness;

/// <summary>
/// A line to a server that can go silent: nothing gets through any more, either way, and neither side is told; as with
/// a phone that leaves the net.
/// </summary>
internal sealed class SilentLine : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource serverEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TcpClient far = new();
    private readonly Task carrying;
    private TcpClient? near;
    private volatile bool isSilent;

    internal SilentLine(int serverPort)
    {
        listener.Start();
        carrying = Carry(serverPort);
    }

    internal int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Completes when the server has given up the connection.</summary>
    internal Task ServerEnded => serverEnded.Task.WaitAsync(Eventually.DeadlineMax);

    internal bool HasServerEnded => serverEnded.Task.IsCompleted;

    internal void GoSilent() => isSilent = true;

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        near?.Dispose();
        far.Dispose();
        await carrying;
        listener.Dispose();
    }

    private async Task Carry(int serverPort)
    {
        try
        {
            near = await listener.AcceptTcpClientAsync();
            await far.ConnectAsync("127.0.0.1", serverPort);
            await Task.WhenAll(Copy(near, far, null), Copy(far, near, serverEnded));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Stopped before anybody came.
        }
    }

    private async Task Copy(TcpClient from, TcpClient into, TaskCompletionSource? ended)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            for (int read; (read = await from.GetStream().ReadAsync(buffer)) > 0; )
                if (!isSilent)
                    await into.GetStream().WriteAsync(buffer.AsMemory(0, read));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Reset, or the test is over.
        }

        ended?.TrySetResult();
    }
}
