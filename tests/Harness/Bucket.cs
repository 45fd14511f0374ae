using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Veza.Tests.Harness;

/// <summary>A fresh bucket on the real S3 server of the run.</summary>
internal sealed class Bucket : IAsyncDisposable
{
    private readonly AmazonS3Client client;

    private Bucket(AmazonS3Client client, string name) => (this.client, Name) = (client, name);

    internal string Name { get; }

    internal string Url => $"s3://{Name}?endpoint={Surroundings.S3Endpoint}&region=us-east-1";

    internal static async Task<Bucket> Create()
    {
        var client = new AmazonS3Client(
            new BasicAWSCredentials(Surroundings.S3AccessKey, Surroundings.S3SecretKey),
            new AmazonS3Config
            {
                ServiceURL = Surroundings.S3Endpoint,
                AuthenticationRegion = "us-east-1",
                ForcePathStyle = true,
                RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
                ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            }
        );
        var bucket = new Bucket(client, $"veza-{Guid.CreateVersion7():N}");
        await client.PutBucketAsync(bucket.Name);
        return bucket;
    }

    /// <summary>Objects, and uploads in parts that were begun and never ended: they cost money too.</summary>
    internal async Task<string[]> Keys(string prefix)
    {
        var objects = await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = Name, Prefix = prefix });
        var unfinished = await client.ListMultipartUploadsAsync(
            new ListMultipartUploadsRequest { BucketName = Name, Prefix = prefix }
        );
        return
        [
            .. (objects.S3Objects ?? []).Select(o => o.Key),
            .. (unfinished.MultipartUploads ?? []).Select(u => u.Key + " (unfinished)"),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (
            var upload in (
                await client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = Name })
            ).MultipartUploads
                ?? []
        )
            await client.AbortMultipartUploadAsync(Name, upload.Key, upload.UploadId);
        foreach (
            var key in (await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = Name })).S3Objects ?? []
        )
            await client.DeleteObjectAsync(Name, key.Key);
        await client.DeleteBucketAsync(Name);
        client.Dispose();
    }
}
