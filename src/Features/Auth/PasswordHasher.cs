using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth;

/// <summary>
/// bcrypt on threads of its own: as many as configured, niced below the rest of the process, with a bounded queue before them. A login flood
/// fills the queue, and past it people are told to come back, while every other route keeps its cores.
/// </summary>
internal sealed partial class PasswordHasher : IDisposable
{
    internal const int Cost = 12;

    /// <summary>bcrypt reads no more of a password; a longer one is refused rather than cut.</summary>
    internal const int PasswordBytesMax = 72;

    private const int Niceness = 10;
    private readonly BlockingCollection<Action> queue;

    /// <summary>Compared against when there is no such account, so that the answer takes as long.</summary>
    private readonly string nobody = BCrypt.Net.BCrypt.GenerateSalt(Cost) + new string('u', 31);

    public PasswordHasher(Settings settings)
    {
        queue = new BlockingCollection<Action>(settings.Auth.BcryptQueueMax);
        for (var i = 0; i < settings.Auth.BcryptThreads; i++) new Thread(Work) { IsBackground = true, Name = $"bcrypt {i}" }.Start();
    }

    internal static bool Fits(string password) => Encoding.UTF8.GetByteCount(password) <= PasswordBytesMax;

    /// <summary>The hash, or null when the queue is full.</summary>
    internal async Task<string?> Hash(string password)
    {
        var hash = Queue(() => BCrypt.Net.BCrypt.HashPassword(password, Cost));
        return hash is null ? null : await hash;
    }

    /// <summary>Whether the password is the account's; null when the queue is full. Takes as long without a hash as with one.</summary>
    internal async Task<bool?> Verify(string password, string? hash)
    {
        var verified = Queue(() => BCrypt.Net.BCrypt.Verify(password, hash ?? nobody) && hash is not null);
        return verified is null ? null : await verified;
    }

    public void Dispose() => queue.CompleteAdding();

    private Task<T>? Queue<T>(Func<T> work)
    {
        HeldConnections.MustBeNone("bcrypt");
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var added = queue.TryAdd(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return added ? done.Task : null;
    }

    private void Work()
    {
        // On Linux a thread has a niceness of its own; .NET's thread priorities do nothing there.
        const int process = 0, self = 0;
        _ = SetPriority(process, self, Niceness);
        foreach (var work in queue.GetConsumingEnumerable()) work();
    }

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, int who, int priority);
}
