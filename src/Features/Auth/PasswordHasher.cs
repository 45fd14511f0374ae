using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth;

/// <summary>
/// bcrypt on threads of its own: as many as configured, niced below the rest of the process, with a bounded queue
/// before them. A login flood fills its share of the queue, that of an account, an address and a network, and past it
/// is told to come back, while the others sign in and every other route keeps its cores.
/// </summary>
internal sealed partial class PasswordHasher : IDisposable
{
    internal const int Cost = 12;

    /// <summary>bcrypt reads no more of a password; a longer one is refused rather than cut.</summary>
    internal const int PasswordBytesMax = 72;

    private const int Niceness = 10;
    private readonly BlockingCollection<Action> queue = [];
    private readonly FairSlots slots;

    /// <summary>Compared against when there is no such account, so that the answer takes as long.</summary>
    private readonly string nobody = BCrypt.Net.BCrypt.GenerateSalt(Cost) + new string('u', 31);

    public PasswordHasher(AuthSettings settings)
    {
        // Those that run and those that wait.
        var total = settings.BcryptThreads + settings.BcryptQueueMax;
        slots = new FairSlots(total, SlotShares.Of(total));
        for (var i = 0; i < settings.BcryptThreads; i++)
            new Thread(Work) { IsBackground = true, Name = $"bcrypt {i}" }.Start();
    }

    internal static bool Fits(string password) => Encoding.UTF8.GetByteCount(password) <= PasswordBytesMax;

    /// <summary>The hash, or null when the queue, or this caller's share of it, is full.</summary>
    internal async Task<string?> Hash(string password, HttpContext http, Guid? accountId = null)
    {
        var hash = Queue(accountId, http, () => BCrypt.Net.BCrypt.HashPassword(password, Cost));
        return hash is null ? null : await hash;
    }

    /// <summary>
    /// Whether the password is the account's; null when the queue is full, or the share of it that the account or this
    /// caller has. Takes as long without a hash as with one.
    /// </summary>
    internal async Task<bool?> Verify(string password, string? hash, HttpContext http, Guid? accountId)
    {
        var verified = Queue(
            accountId,
            http,
            () => BCrypt.Net.BCrypt.Verify(password, hash ?? nobody) && hash is not null
        );
        return verified is null ? null : await verified;
    }

    public void Dispose() => queue.CompleteAdding();

    private Task<T>? Queue<T>(Guid? accountId, HttpContext http, Func<T> work)
    {
        HeldConnections.MustBeNone("bcrypt");
        if (slots.Take(new SlotHolder(accountId, ClientAddress.Of(http))) is not { } slot)
            return null;
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        queue.Add(() =>
        {
            try
            {
                var result = work();
                slot.Dispose();
                done.SetResult(result);
            }
            catch (Exception e)
            {
                slot.Dispose();
                done.SetException(e);
            }
        });
        return done.Task;
    }

    private void Work()
    {
        // On Linux a thread has a niceness of its own; .NET's thread priorities do nothing there.
        const int process = 0,
            self = 0;
        _ = SetPriority(process, self, Niceness);
        foreach (var work in queue.GetConsumingEnumerable())
            work();
    }

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, int who, int priority);
}
