using System.Buffers;
using System.Collections.Concurrent;

namespace Veza.Infrastructure.Realtime;

/// <summary>
/// The connections that have something to send, and one thread at a time that goes round them. What is queued for a
/// connection before its turn comes leaves in one write. A long round in which more was said is followed by a rest as
/// long: what is said meanwhile shares its system calls, and half of the time is left for saying it. So a few sockets,
/// or a message now and then, wait for nothing, and a busy room of many costs a write for each socket and round,
/// however many messages that is.
/// </summary>
internal sealed class SendTurns(TimeProvider clock) : IThreadPoolWorkItem
{
    /// <summary>Shorter rounds are followed by the next at once; a clock cannot wait for less.</summary>
    private static readonly TimeSpan RestMin = TimeSpan.FromMilliseconds(1),
        RestMax = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentQueue<SocketConnection> waiting = new();
    private readonly ArrayBufferWriter<byte> buffer = new(SendQueue.WriteBytesMax);
    private int running;

    internal void Add(SocketConnection connection)
    {
        waiting.Enqueue(connection);
        if (Interlocked.Exchange(ref running, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => Round();

    private void Round()
    {
        do
        {
            while (!waiting.IsEmpty)
            {
                var began = clock.GetTimestamp();
                // Those who come meanwhile have their turn in the next round.
                for (var left = waiting.Count; left > 0 && waiting.TryDequeue(out var connection); left--)
                    connection.Flush(buffer);
                var took = clock.GetElapsedTime(began);
                if (took < RestMin || waiting.IsEmpty)
                    continue;
                _ = Rest(took < RestMax ? took : RestMax);
                return;
            }

            Interlocked.Exchange(ref running, 0);
            // Whoever came between the two lines above has started nobody, or somebody else goes on.
        } while (!waiting.IsEmpty && Interlocked.Exchange(ref running, 1) == 0);
    }

    private async Task Rest(TimeSpan length)
    {
        await Task.Delay(length, clock);
        Round();
    }
}
