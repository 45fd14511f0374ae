using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Veza.Bench.Fan;

/// <summary>
/// Thousands of connections on one thread, by the kernel's own means: what waits is asked for in one call, and read
/// without a task for each.
/// </summary>
internal sealed unsafe class Epoll : IDisposable
{
    private const int Add = 1,
        In = 1,
        EventsMax = 512,
        BufferBytes = 1 << 18;
    private readonly int handle = epoll_create1(0);
    private readonly Dictionary<int, FanPeer> peers = [];
    private readonly byte* buffer = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc(BufferBytes);

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Event
    {
        public uint Events;
        public long Data;
    }

    /// <summary>Connects from another loopback address for each 20,000, since one has only so many ports.</summary>
    internal static Socket Connect(int port, int number)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (number >= 20_000)
            socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)(1 + number / 20_000)]), 0));
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    internal void Watch(FanPeer peer)
    {
        var fd = (int)peer.Socket.Handle;
        peers[fd] = peer;
        var wanted = new Event { Events = In, Data = fd };
        if (epoll_ctl(handle, Add, fd, &wanted) != 0)
            throw new IOException("epoll_ctl failed");
    }

    /// <summary>Gives what has come to its peers, waiting at most so long for the first of it.</summary>
    internal void Turn(int waitMs)
    {
        var events = stackalloc Event[EventsMax];
        var count = epoll_wait(handle, events, EventsMax, waitMs);
        for (var i = 0; i < count; i++)
        {
            var peer = peers[(int)events[i].Data];
            var kept = peer.Kept;
            kept.CopyTo(new Span<byte>(buffer, kept.Length));
            var got = recv((int)events[i].Data, buffer + kept.Length, (nuint)(BufferBytes - kept.Length), 0x40);
            if (got <= 0)
                throw new IOException($"The server ended connection {peer.Number}: {peer.Said}");
            peer.Take(new ReadOnlySpan<byte>(buffer, kept.Length + (int)got), kept.Length);
        }
    }

    public void Dispose()
    {
        foreach (var peer in peers.Values)
            peer.Socket.Dispose();
        System.Runtime.InteropServices.NativeMemory.Free(buffer);
        _ = close(handle);
    }

    [DllImport("libc")]
    private static extern int epoll_create1(int flags);

    [DllImport("libc")]
    private static extern int epoll_ctl(int handle, int operation, int fd, Event* wanted);

    [DllImport("libc")]
    private static extern int epoll_wait(int handle, Event* events, int max, int waitMs);

    [DllImport("libc")]
    private static extern nint recv(int fd, byte* into, nuint bytes, int flags);

    [DllImport("libc")]
    private static extern int close(int fd);
}
