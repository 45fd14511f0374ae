using System.Security.Cryptography;
using Veza.Features.Chat.Messages;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.ObjectStorage;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.ObjectStorage;

[Trait("Touches", "Objects")]
public sealed class DirectoryStoreTests : ObjectStoreTests
{
    private readonly string root = TestRun.NewFolder("objects");

    private protected override Task<IObjectStore> Open() => Task.FromResult<IObjectStore>(new DirectoryStore(root));

    private protected override Task<string[]> Everything() =>
        Task.FromResult<string[]>([
            .. Directory
                .EnumerateFiles(root, "*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(root, f))
                .Order(),
        ]);
}

[Trait("Touches", "Objects")]
public sealed class S3StoreTests : ObjectStoreTests, IAsyncLifetime
{
    private Bucket bucket = null!;
    private S3Store? store;

    public async ValueTask InitializeAsync() => bucket = await Bucket.Create();

    private protected override Task<IObjectStore> Open() =>
        Task.FromResult<IObjectStore>(
            store = new S3Store(
                new S3Settings(
                    bucket.Name,
                    Surroundings.S3Endpoint,
                    "us-east-1",
                    Surroundings.S3AccessKey,
                    Surroundings.S3SecretKey
                )
            )
        );

    private protected override async Task<string[]> Everything() => [.. (await bucket.Keys("")).Order()];

    public async ValueTask DisposeAsync()
    {
        store?.Dispose();
        await bucket.DisposeAsync();
    }

    /// <summary>
    /// A store that finds an unfinished upload by its whole key alone (MinIO) is asked for those that may lie for long.
    /// </summary>
    [Fact]
    public void The_objects_that_come_in_bit_by_bit_are_known_by_name() =>
        Assert.Equal([NewTrack.OriginalName, Attachments.ObjectName], S3Store.NamesOfLarge);

    [Fact]
    public async Task A_wrong_secret_shows_at_start()
    {
        using var wrong = new S3Store(
            new S3Settings(bucket.Name, Surroundings.S3Endpoint, "us-east-1", Surroundings.S3AccessKey, "wrong")
        );
        await Assert.ThrowsAnyAsync<Exception>(() => wrong.Check(CancellationToken.None));
    }
}

/// <summary>What storage promises, held by every store: one suite for files and for S3.</summary>
public abstract class ObjectStoreTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private protected abstract Task<IObjectStore> Open();

    /// <summary>All that is stored, drafts and unfinished uploads included, without the store's own help.</summary>
    private protected abstract Task<string[]> Everything();

    private static byte[] Noise(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private static Task<long> Put(IObjectStore store, string key, byte[] bytes) =>
        store.Put(key, new MemoryStream(bytes), "application/octet-stream", None);

    private static async Task<byte[]> Get(IObjectStore store, string key, long offset, long length)
    {
        await using var content = await store.Open(key, offset, length, None);
        var bytes = new MemoryStream();
        await content.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    [Fact]
    public async Task What_is_put_comes_back_whole_and_in_parts()
    {
        var store = await Open();
        var bytes = Noise(100_000);
        Assert.Equal(100_000, await Put(store, "tracks/a/original", bytes));
        var facts = (await store.Find("tracks/a/original", None))!;
        Assert.Equal(100_000, facts.SizeBytes);
        Assert.InRange(facts.ModifiedAt, DateTime.UtcNow.AddMinutes(-5), DateTime.UtcNow.AddMinutes(5));
        Assert.Equal(bytes, await Get(store, "tracks/a/original", 0, 100_000));
        foreach (var (offset, length) in new[] { (0, 1), (1, 10), (50_000, 50_000), (99_999, 1), (7, 0) })
            Assert.Equal(bytes[offset..(offset + length)], await Get(store, "tracks/a/original", offset, length));
    }

    [Fact]
    public async Task An_object_may_be_empty()
    {
        var store = await Open();
        Assert.Equal(0, await Put(store, "tracks/empty", []));
        Assert.Equal(0, (await store.Find("tracks/empty", None))!.SizeBytes);
        Assert.Empty(await Get(store, "tracks/empty", 0, 0));
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        var store = await Open();
        Assert.Null(await store.Find("tracks/none/original", None));
        await Assert.ThrowsAsync<FileNotFoundException>(() => store.Open("tracks/none/original", 0, 1, None));
        Assert.Empty(await store.List("tracks/none/", 10, None));
        await store.DeleteUnder("tracks/none/", None);
    }

    [Fact]
    public async Task A_put_replaces_what_was_there()
    {
        var store = await Open();
        await Put(store, "a/b", Noise(500));
        await Put(store, "a/b", Noise(20));
        Assert.Equal(Noise(20), await Get(store, "a/b", 0, 20));
        Assert.Equal(20, (await store.Find("a/b", None))!.SizeBytes);
        Assert.Equal(["a/b"], await Everything());
    }

    [Fact]
    public async Task A_prefix_lists_and_deletes_its_own_and_no_other()
    {
        var store = await Open();
        foreach (
            var key in new[]
            {
                "tracks/a/original",
                "tracks/a/1/128k.m4a",
                "tracks/a/1/ladder.json",
                "tracks/ab/original",
                "tracks/b/original",
            }
        )
            await Put(store, key, Noise(10));
        Assert.Equal(
            ["tracks/a/1/128k.m4a", "tracks/a/1/ladder.json", "tracks/a/original"],
            (await store.List("tracks/a/", 10, None)).Order(StringComparer.Ordinal)
        );
        Assert.Equal(2, (await store.List("tracks/a/", 2, None)).Length);
        await store.DeleteUnder("tracks/a/1/", None);
        await store.DeleteUnder("tracks/a/", None);
        Assert.Equal(["tracks/ab/original", "tracks/b/original"], await Everything());
        await store.DeleteUnder("tracks/b/original", None);
        Assert.Equal(["tracks/ab/original"], await Everything());
    }

    [Fact]
    public async Task A_large_object_comes_back_as_it_went()
    {
        var store = await Open();
        var bytes = Noise(20 * 1024 * 1024 + 3);
        Assert.Equal(bytes.Length, await store.Put("large", new Dribble(bytes), "audio/wav", None));
        Assert.Equal(SHA256.HashData(bytes), SHA256.HashData(await Get(store, "large", 0, bytes.Length)));
        Assert.Equal(bytes[^10..], await Get(store, "large", bytes.Length - 10, 10));
        Assert.Equal(["large"], await Everything());
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(9 * 1024 * 1024)]
    public async Task A_put_that_is_cut_off_leaves_nothing_and_spares_what_was_there(int bytesUntilTheCut)
    {
        var store = await Open();
        await Put(store, "kept/whole", Noise(5));
        await Assert.ThrowsAnyAsync<IOException>(() =>
            store.Put("kept/cut", new Dribble(Noise(bytesUntilTheCut), cut: true), "audio/wav", None)
        );
        await Assert.ThrowsAnyAsync<IOException>(() =>
            store.Put("kept/whole", new Dribble(Noise(bytesUntilTheCut), cut: true), "audio/wav", None)
        );
        Assert.Null(await store.Find("kept/cut", None));
        Assert.Equal(Noise(5), await Get(store, "kept/whole", 0, 5));
        Assert.Equal(["kept/whole"], await Everything());
    }

    /// <summary>Pieces of all sizes, each to a store of its own as after a restart, and one that is cut.</summary>
    [Fact]
    public async Task A_draft_that_grows_piece_by_piece_becomes_the_object()
    {
        var bytes = Noise(17 * 1024 * 1024 + 5);
        var draft = await (await Open()).Drafts.Begin("drafts/a", "audio/wav", None);
        foreach (var until in new[] { 1, 1000, 3_000_000, 3_000_001, 12_000_000, bytes.Length })
        {
            var store = await Open();
            draft = await store.Drafts.Resume("drafts/a", draft, None);
            // What is appended and then forgotten was never acknowledged: the same place is written again.
            if (until == 3_000_001)
                await store.Drafts.Append("drafts/a", draft, bytes.Length, new MemoryStream(Noise(500)), None);
            var piece = new MemoryStream(bytes, (int)draft.SizeBytes, until - (int)draft.SizeBytes);
            for (var before = -1L; before < draft.SizeBytes && draft.SizeBytes < bytes.Length; )
            {
                before = draft.SizeBytes;
                draft = await store.Drafts.Append("drafts/a", draft, bytes.Length, piece, None);
            }

            Assert.Equal(until, draft.SizeBytes);
        }

        var last = await Open();
        Assert.Null(await last.Find("drafts/a", None));
        await last.Drafts.Complete("drafts/a", draft, None);
        await last.Drafts.Complete("drafts/a", draft, None);
        Assert.Equal(SHA256.HashData(bytes), SHA256.HashData(await Get(last, "drafts/a", 0, bytes.Length)));
        Assert.Equal(["drafts/a"], await Everything());
    }

    [Fact]
    public async Task A_draft_is_swept_with_its_prefix()
    {
        var store = await Open();
        var draft = await store.Drafts.Begin("drafts/b/original", "audio/wav", None);
        draft = await store.Drafts.Append("drafts/b/original", draft, 100, new MemoryStream(Noise(10)), None);
        Assert.NotEmpty(await Everything());
        await store.DeleteUnder("drafts/b/", None);
        Assert.Empty(await Everything());
        await Assert.ThrowsAnyAsync<Exception>(() => store.Drafts.Complete("drafts/b/original", draft, None));
        Assert.Empty(await Everything());
    }

    [Fact]
    public async Task Two_who_put_the_same_key_at_once_leave_one_of_the_two()
    {
        var store = await Open();
        byte[][] versions = [Noise(300_000), Noise(300_001)];
        await Task.WhenAll(versions.Select(v => Put(store, "raced", v)));
        var size = (await store.Find("raced", None))!.SizeBytes;
        Assert.Equal(versions.Single(v => v.Length == size), await Get(store, "raced", 0, size));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("../up")]
    [InlineData("a/../b")]
    [InlineData("a//b")]
    [InlineData("a b")]
    [InlineData("a\0b")]
    [InlineData("a\\b")]
    [InlineData("č")]
    public async Task A_key_that_could_mean_more_is_refused(string key)
    {
        var store = await Open();
        await Assert.ThrowsAsync<ArgumentException>(() => Put(store, key, [1]));
        await Assert.ThrowsAsync<ArgumentException>(() => store.Find(key, None));
        await Assert.ThrowsAsync<ArgumentException>(() => store.Open(key, 0, 1, None));
        await Assert.ThrowsAsync<ArgumentException>(() => store.DeleteUnder(key, None));
        Assert.Empty(await Everything());
    }

    [Fact]
    public async Task The_check_leaves_nothing()
    {
        var store = await Open();
        await store.Check(None);
        Assert.Empty(await Everything());
    }

    /// <summary>Gives its bytes in odd pieces, as a network does, and breaks off at their end if told so.</summary>
    private sealed class Dribble(byte[] bytes, bool cut = false) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (cut && Position == Length)
                throw new IOException("The line was cut.");
            return base.ReadAsync(buffer[..Math.Min(buffer.Length, 77_777)], cancellationToken);
        }
    }
}
