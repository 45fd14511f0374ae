using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Veza.Bench.Fuzz;

/// <summary>
/// A file and an address that crafted audio points at: whoever opens the one or connects to the other is counted.
/// </summary>
internal sealed partial class Canary : IDisposable
{
    private const uint Access = 0x1,
        Opened = 0x20;
    private const int EventHeaderBytes = 16;
    private readonly string folder = Directory.CreateTempSubdirectory("veza-canary-").FullName;
    private readonly TcpListener listener = new(IPAddress.Any, 0);
    private readonly int watch;
    private int touches,
        connections;

    /// <summary>
    /// Sound that could be taken for the upload's own if it were read: readable by everybody, its folder too.
    /// </summary>
    internal Canary(byte[] sound)
    {
        File.WriteAllBytes(FilePath, sound);
        const UnixFileMode everybodyReads = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        File.SetUnixFileMode(FilePath, everybodyReads);
        File.SetUnixFileMode(
            folder,
            everybodyReads
                | UnixFileMode.UserWrite
                | UnixFileMode.UserExecute
                | UnixFileMode.GroupExecute
                | UnixFileMode.OtherExecute
        );
        watch = Start();
        if (watch < 0 || Watch(watch, FilePath, Access | Opened) < 0)
            throw new IOException($"inotify does not work here (errno {Marshal.GetLastPInvokeError()}).");
        new Thread(CountTouches) { IsBackground = true }.Start();
        listener.Start();
        _ = CountConnections();
    }

    internal string FilePath => Path.Combine(folder, "canary.wav");

    internal int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    internal int Touches => Volatile.Read(ref touches);

    internal int Connections => Volatile.Read(ref connections);

    /// <summary>Shows that it would see what it is there to see.</summary>
    internal void Prove()
    {
        var before = Touches;
        File.ReadAllBytes(FilePath);
        using (var client = new TcpClient())
            client.Connect(IPAddress.Loopback, Port);
        SpinWait.SpinUntil(() => Touches > before && Connections == 1, TimeSpan.FromSeconds(5));
        if (Touches == before || Connections != 1)
            throw new InvalidOperationException("The canary does not see who touches it.");
        Interlocked.Exchange(ref touches, 0);
        Interlocked.Exchange(ref connections, 0);
    }

    public void Dispose()
    {
        listener.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private void CountTouches()
    {
        var events = new byte[4096];
        for (int read; (read = (int)Read(watch, events, events.Length)) > 0; )
        {
            for (
                var at = 0;
                at < read;
                at += EventHeaderBytes + (int)BinaryPrimitives.ReadUInt32LittleEndian(events.AsSpan(at + 12))
            )
                Interlocked.Increment(ref touches);
        }
    }

    private async Task CountConnections()
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptSocketAsync();
                Interlocked.Increment(ref connections);
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // The bench is over.
        }
    }

    internal byte[] Says(string text) =>
        Encoding.UTF8.GetBytes(
            text.Replace("{file}", FilePath, StringComparison.Ordinal)
                .Replace("{url}", $"http://127.0.0.1:{Port}/canary.wav", StringComparison.Ordinal)
        );

    [LibraryImport("libc", EntryPoint = "inotify_init", SetLastError = true)]
    private static partial int Start();

    [LibraryImport(
        "libc",
        EntryPoint = "inotify_add_watch",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8
    )]
    private static partial int Watch(int watch, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, byte[] buffer, nint count);
}
