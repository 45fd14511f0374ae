using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Veza.Tests.Harness;

/// <summary>
/// Commits of which nobody hears how they ended. A line to PostgreSQL that breaks when the answer to a COMMIT comes
/// over it, so that the transaction holds; and triggers by which a backend ends itself while it commits, so that it
/// does not.
/// </summary>
internal sealed class LostCommits : IAsyncDisposable
{
    /// <summary>CommandComplete, its length, and the tag.</summary>
    private static readonly byte[] Committed = [(byte)'C', 0, 0, 0, 11, .. "COMMIT\0"u8];
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, bool> open = new();
    private readonly TestDatabase database;
    private readonly NpgsqlConnectionStringBuilder to;
    private readonly Task accepting;
    private int answersUntilLost = -1,
        lost;

    private LostCommits(TestDatabase database)
    {
        this.database = database;
        to = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        listener.Start();
        accepting = Accept();
    }

    /// <summary>How many answers were lost on the way.</summary>
    internal int Lost => Volatile.Read(ref lost);

    /// <summary>How a server reaches the database over this line.</summary>
    internal string ConnectionString =>
        new NpgsqlConnectionStringBuilder(to.ConnectionString)
        {
            Host = "127.0.0.1",
            Port = ((IPEndPoint)listener.LocalEndpoint).Port,
            SslMode = SslMode.Disable,
            GssEncryptionMode = GssEncryptionMode.Disable,
        }.ConnectionString;

    internal static async Task<LostCommits> Of(TestDatabase database)
    {
        await database.Execute(
            "create sequence doomed_at; create table doom (nth bigint not null); insert into doom values (0)"
        );
        // What a sequence has counted no rollback takes back.
        await database.Execute(
            """
            create function doom_commit() returns trigger language plpgsql as $$
            begin
              if current_setting('application_name') like 'veza %' and nextval('doomed_at') = (select nth from doom) then
                perform pg_terminate_backend(pg_backend_pid());
                perform pg_sleep(60);
              end if;
              return null;
            end $$
            """
        );
        foreach (var table in new[] { "storage_claim", "upload" })
            await database.Execute(
                $"create constraint trigger zz_doom after insert or update or delete on {table} deferrable "
                    + $"initially deferred for each row execute function doom_commit()"
            );
        return new LostCommits(database);
    }

    /// <summary>
    /// The backend that changes the so-manieth row of those by which objects are known, from now on, ends itself as it
    /// commits.
    /// </summary>
    internal async Task EndBackend(int nth)
    {
        await database.Execute("select setval('doomed_at', 1, false)");
        await database.Execute("update doom set nth = $1", (long)nth);
    }

    /// <summary>The answer to the so-manieth COMMIT from now on is lost, after it has taken effect.</summary>
    internal void LoseAnswer(int nth) => Volatile.Write(ref answersUntilLost, nth);

    internal async Task Spare()
    {
        LoseAnswer(-1);
        await database.Execute("update doom set nth = 0");
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        foreach (var connection in open.Keys)
            connection.Close();
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
            try
            {
                near.NoDelay = far.NoDelay = true;
                await far.ConnectAsync(to.Host!, to.Port);
                open[near] = open[far] = true;
                await Task.WhenAny(Copy(near, far, listens: false), Copy(far, near, listens: true));
            }
            catch (Exception e)
                when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
            {
                // Broken.
            }

            open.TryRemove(near, out _);
            open.TryRemove(far, out _);
        }
    }

    private async Task Copy(TcpClient from, TcpClient into, bool listens)
    {
        try
        {
            var buffer = new byte[64 * 1024];
            for (int read; (read = await from.GetStream().ReadAsync(buffer)) > 0; )
            {
                // An answer that comes in two pieces is missed, and then another one is lost.
                if (
                    listens
                    && buffer.AsSpan(0, read).IndexOf(Committed) >= 0
                    && Interlocked.Decrement(ref answersUntilLost) == 0
                )
                {
                    Interlocked.Increment(ref lost);
                    return;
                }

                await into.GetStream().WriteAsync(buffer.AsMemory(0, read));
            }
        }
        catch (Exception e)
            when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Broken.
        }
    }
}
