using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Veza.Infrastructure.Realtime;

/// <summary>
/// Where a connection's bytes go: into the socket itself, when the other side has spoken before anything is said to it.
/// Then it has the answer to its handshake, and Kestrel has nothing more to write. Otherwise, and where TLS ends here,
/// into the pipe of Kestrel's connection. What is chosen at the first write stays: two ways into one socket have no
/// order.
/// </summary>
internal sealed class SocketOutput
{
    private readonly PipeWriter pipe;
    private readonly Socket? socket;
    private bool isChosen,
        isDirect;

    /// <summary>The kernel holds twice <paramref name="kernelBytesMax"/>.</summary>
    internal SocketOutput(HttpContext http, int kernelBytesMax)
    {
        pipe = http.Features.GetRequiredFeature<IConnectionTransportFeature>().Transport.Output;
        if (http.Features.Get<IConnectionSocketFeature>()?.Socket is not { } own)
            return;
        try
        {
            own.SendBufferSize = kernelBytesMax;
            if (http.Features.Get<ITlsHandshakeFeature>() is not null)
                return;
            // Says that a write takes what there is room for; Kestrel's own reads and writes never waited.
            own.Blocking = false;
            socket = own;
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // The other side has gone as soon as it was let in; whoever reads finds out.
        }
    }

    /// <summary>
    /// Writes all of it, and is done at once when there is room; what it does not take at once it copies, so the buffer
    /// is the caller's again. False when the other side is gone. One write at a time.
    /// </summary>
    internal ValueTask<bool> Write(ReadOnlyMemory<byte> bytes, bool hasHeard)
    {
        if (!isChosen)
            (isChosen, isDirect) = (true, hasHeard && socket is not null);
        if (!isDirect)
            return ThroughPipe(bytes.Span);
        var taken = socket!.Send(bytes.Span, SocketFlags.None, out var error);
        if (taken == bytes.Length)
            return new ValueTask<bool>(true);
        return error is SocketError.Success or SocketError.WouldBlock
            ? Rest(bytes[taken..].ToArray())
            : new ValueTask<bool>(false);
    }

    private async ValueTask<bool> Rest(byte[] bytes)
    {
        for (var at = 0; at < bytes.Length; )
            at += await socket!.SendAsync(bytes.AsMemory(at), SocketFlags.None);
        return true;
    }

    private ValueTask<bool> ThroughPipe(ReadOnlySpan<byte> bytes)
    {
        pipe.Write(bytes);
        var flush = pipe.FlushAsync();
        return flush.IsCompletedSuccessfully ? new ValueTask<bool>(!flush.Result.IsCompleted) : Awaited(flush);
    }

    private static async ValueTask<bool> Awaited(ValueTask<FlushResult> flush) => !(await flush).IsCompleted;
}
