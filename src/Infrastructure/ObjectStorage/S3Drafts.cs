using System.Globalization;
using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.ObjectStorage;

/// <summary>
/// Drafts as uploads in parts. S3 takes no small parts but at the end, so what does not fill one is kept as an object
/// of its own, the tail, until more comes. All parts but the last have the same size: a part that is sent twice, by
/// whomever, is the same part.
/// </summary>
internal sealed class S3Drafts(S3Store store, AmazonS3Client client, string bucket) : IObjectDrafts
{
    public async Task<ObjectDraft> Begin(string key, string contentType, CancellationToken ct)
    {
        HeldConnections.MustBeNone("storage");
        var upload = await client.InitiateMultipartUploadAsync(
            new InitiateMultipartUploadRequest
            {
                BucketName = bucket,
                Key = ObjectKey.Valid(key),
                ContentType = contentType,
            },
            ct
        );
        return new ObjectDraft(upload.UploadId, 0);
    }

    public async Task<ObjectDraft> Resume(string key, ObjectDraft draft, CancellationToken ct)
    {
        HeldConnections.MustBeNone("storage");
        // Only now is it sure that the draft that goes without the old tail is the one that was kept.
        if (draft.State.Split(' ')[^1] is not ['~', .. var oldBytes])
            return draft;
        await client.DeleteObjectAsync(bucket, TailOf(key, oldBytes), ct);
        return draft with { State = Without(draft.State) };
    }

    public async Task<ObjectDraft> Append(
        string key,
        ObjectDraft draft,
        long wholeBytes,
        Stream content,
        CancellationToken ct
    )
    {
        HeldConnections.MustBeNone("storage");
        var state = Without(draft.State);
        var tags = state.Split(' ');
        var buffer = PartBuffers.Rent();
        try
        {
            var tailBytes = (int)(draft.SizeBytes % S3Store.PartBytes);
            if (tailBytes > 0)
            {
                await using var tail = await store.Open(TailOf(key, Text(draft.SizeBytes)), 0, tailBytes, ct);
                await tail.ReadExactlyAsync(buffer.AsMemory(0, tailBytes), ct);
            }

            var read = await content.ReadAtLeastAsync(
                buffer.AsMemory(tailBytes, S3Store.PartBytes - tailBytes),
                S3Store.PartBytes - tailBytes,
                throwOnEndOfStream: false,
                ct
            );
            if (read == 0)
                return draft;
            var (filled, sizeBytes) = (tailBytes + read, draft.SizeBytes + read);
            var superseded = tailBytes > 0 ? $" ~{Text(draft.SizeBytes)}" : "";
            if (filled < S3Store.PartBytes && sizeBytes < wholeBytes)
            {
                await store.Put(
                    TailOf(key, Text(sizeBytes)),
                    new MemoryStream(buffer, 0, filled),
                    "application/octet-stream",
                    ct
                );
                return new ObjectDraft(state + superseded, sizeBytes);
            }

            var part = await client.UploadPartAsync(
                new UploadPartRequest
                {
                    BucketName = bucket,
                    Key = ObjectKey.Valid(key),
                    UploadId = tags[0],
                    PartNumber = tags.Length,
                    InputStream = new MemoryStream(buffer, 0, filled),
                    PartSize = filled,
                    UseChunkEncoding = false,
                },
                ct
            );
            return new ObjectDraft($"{state} {part.ETag}{superseded}", sizeBytes);
        }
        finally
        {
            PartBuffers.Return(buffer);
        }
    }

    public async Task Complete(string key, ObjectDraft draft, CancellationToken ct)
    {
        HeldConnections.MustBeNone("storage");
        var tags = Without(draft.State).Split(' ');
        try
        {
            await client.CompleteMultipartUploadAsync(
                new CompleteMultipartUploadRequest
                {
                    BucketName = bucket,
                    Key = ObjectKey.Valid(key),
                    UploadId = tags[0],
                    PartETags = [.. tags.Skip(1).Select((tag, i) => new PartETag(i + 1, tag))],
                },
                ct
            );
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            // Completed before, and the answer was lost.
            if ((await store.Find(key, ct))?.SizeBytes != draft.SizeBytes)
                throw new FileNotFoundException($"There is no draft of {key}.", e);
        }

        // Tails, and drafts of this key that were begun and forgotten by a process that died.
        await store.DeleteUnder(key + TailMark, ct);
        await store.AbortUnfinished(key, ct);
    }

    private const string TailMark = ".tail-";

    /// <summary>
    /// A state is the upload's id, the tags of its parts, and perhaps the size of a tail that a newer one made
    /// superfluous.
    /// </summary>
    private static string Without(string state) =>
        state.LastIndexOf(" ~", StringComparison.Ordinal) is var at and >= 0 ? state[..at] : state;

    private static string TailOf(string key, string sizeBytes) => key + TailMark + sizeBytes;

    private static string Text(long sizeBytes) => sizeBytes.ToString(CultureInfo.InvariantCulture);
}
