using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.ObjectStorage;

/// <summary>
/// Objects in a bucket of an S3-compatible store. Small ones in one request, large ones in parts; a part is the most
/// that one upload holds in memory.
/// </summary>
internal sealed class S3Store : IObjectStore, IDisposable
{
    /// <summary>S3 takes 10,000 parts of at least 5 MiB: 8 MiB parts reach 78 GiB.</summary>
    internal const int PartBytes = 8 * 1024 * 1024;
    private const int DeleteBatchMax = 1000;

    /// <summary>
    /// The last words of keys whose uploads may lie unfinished for long. MinIO finds one by its whole key, and by no
    /// prefix of it: what was dropped would stay for a day, and count as nobody's.
    /// </summary>
    internal static readonly string[] NamesOfLarge = ["original", "file"];
    private readonly AmazonS3Client client;
    private readonly string bucket;

    internal S3Store(S3Settings settings)
    {
        bucket = settings.Bucket;
        var config = new AmazonS3Config
        {
            AuthenticationRegion = settings.Region,
            ForcePathStyle = settings.Endpoint is not null,
            Timeout = TimeSpan.FromSeconds(30),
            ConnectTimeout = TimeSpan.FromSeconds(2),
            MaxErrorRetry = 1,
            // Stores that are not Amazon's do not all know the newer checksums.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (settings.Endpoint is not null)
            config.ServiceURL = settings.Endpoint;
        else
            config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(settings.Region);
        client = new AmazonS3Client(new BasicAWSCredentials(settings.AccessKey, settings.SecretKey), config);
        Drafts = new S3Drafts(this, client, bucket);
    }

    public IObjectDrafts Drafts { get; }

    public async Task<long> Put(string key, Stream content, string contentType, CancellationToken ct)
    {
        HeldConnections.MustBeNone("storage");
        var buffer = PartBuffers.Rent();
        try
        {
            var first = await Fill(content, buffer, ct);
            if (first == PartBytes)
                return await PutParts(key, content, contentType, buffer, ct);
            await client.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = bucket,
                    Key = ObjectKey.Valid(key),
                    ContentType = contentType,
                    InputStream = new MemoryStream(buffer, 0, first),
                    AutoCloseStream = false,
                    UseChunkEncoding = false,
                },
                ct
            );
            return first;
        }
        finally
        {
            PartBuffers.Return(buffer);
        }
    }

    public async Task<ObjectFacts?> Find(string key, CancellationToken ct)
    {
        HeldConnections.MustBeNone("storage");
        try
        {
            var facts = await client.GetObjectMetadataAsync(bucket, ObjectKey.Valid(key), ct);
            return new ObjectFacts(facts.ContentLength, facts.LastModified?.ToUniversalTime() ?? DateTime.UnixEpoch);
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public async Task<Stream> Open(string key, long offset, long lengthBytes, CancellationToken ct)
    {
        HeldConnections.MustBeNone("storage");
        if (lengthBytes == 0)
            return Stream.Null;
        try
        {
            var response = await client.GetObjectAsync(
                new GetObjectRequest
                {
                    BucketName = bucket,
                    Key = ObjectKey.Valid(key),
                    ByteRange = new ByteRange(offset, offset + lengthBytes - 1),
                },
                ct
            );
            return new PartStream(response.ResponseStream, lengthBytes);
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            throw new FileNotFoundException($"There is no object {key}.", e);
        }
    }

    public async Task DeleteUnder(string prefix, CancellationToken ct)
    {
        HeldConnections.MustBeNone("storage");
        ObjectKey.Valid(prefix.TrimEnd('/'));
        for (; ; )
        {
            var keys = await List(prefix, DeleteBatchMax, ct);
            if (keys.Length == 0)
                break;
            foreach (var key in keys)
                await client.DeleteObjectAsync(bucket, key, ct);
        }

        await AbortUnfinished(prefix, ct);
        if (!prefix.EndsWith('/'))
            return;
        foreach (var name in NamesOfLarge)
            await AbortUnfinished(prefix + name, ct);
    }

    internal async Task AbortUnfinished(string prefix, CancellationToken ct)
    {
        var unfinished = await client.ListMultipartUploadsAsync(
            new ListMultipartUploadsRequest { BucketName = bucket, Prefix = prefix },
            ct
        );
        foreach (var upload in unfinished.MultipartUploads ?? [])
            await client.AbortMultipartUploadAsync(bucket, upload.Key, upload.UploadId, ct);
    }

    public async Task<string[]> List(string prefix, int max, CancellationToken ct)
    {
        HeldConnections.MustBeNone("storage");
        var page = await client.ListObjectsV2Async(
            new ListObjectsV2Request
            {
                BucketName = bucket,
                Prefix = prefix,
                MaxKeys = Math.Min(max, DeleteBatchMax),
            },
            ct
        );
        return [.. (page.S3Objects ?? []).Select(o => o.Key)];
    }

    public async Task Check(CancellationToken ct)
    {
        var key = $"check/{Guid.CreateVersion7():N}";
        try
        {
            await Put(key, new MemoryStream([1]), "application/octet-stream", ct);
            await client.DeleteObjectAsync(bucket, key, ct);
        }
        catch (AmazonS3Exception e) when (string.IsNullOrEmpty(e.Message))
        {
            // Some stores send a code and no words.
            throw new IOException($"{e.ErrorCode} (status {(int)e.StatusCode})", e);
        }
    }

    public void Dispose() => client.Dispose();

    private async Task<long> PutParts(
        string key,
        Stream content,
        string contentType,
        byte[] buffer,
        CancellationToken ct
    )
    {
        var upload = await client.InitiateMultipartUploadAsync(
            new InitiateMultipartUploadRequest
            {
                BucketName = bucket,
                Key = ObjectKey.Valid(key),
                ContentType = contentType,
            },
            ct
        );
        try
        {
            var parts = new List<PartETag>();
            var sizeBytes = 0L;
            for (var filled = PartBytes; filled > 0; filled = await Fill(content, buffer, ct))
            {
                var part = await client.UploadPartAsync(
                    new UploadPartRequest
                    {
                        BucketName = bucket,
                        Key = key,
                        UploadId = upload.UploadId,
                        PartNumber = parts.Count + 1,
                        InputStream = new MemoryStream(buffer, 0, filled),
                        PartSize = filled,
                        UseChunkEncoding = false,
                    },
                    ct
                );
                parts.Add(new PartETag(part.PartNumber ?? parts.Count + 1, part.ETag));
                sizeBytes += filled;
            }

            await client.CompleteMultipartUploadAsync(
                new CompleteMultipartUploadRequest
                {
                    BucketName = bucket,
                    Key = key,
                    UploadId = upload.UploadId,
                    PartETags = parts,
                },
                ct
            );
            return sizeBytes;
        }
        catch
        {
            // Parts of an upload that is not completed cost money for ever. The token of the request may be the reason,
            // so it is not used.
            await client.AbortMultipartUploadAsync(bucket, key, upload.UploadId, CancellationToken.None);
            throw;
        }
    }

    private static async Task<int> Fill(Stream content, byte[] buffer, CancellationToken ct) =>
        await content.ReadAtLeastAsync(buffer.AsMemory(0, PartBytes), PartBytes, throwOnEndOfStream: false, ct);
}
