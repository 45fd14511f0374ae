using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.ObjectStorage;

namespace Veza.Features.Uploads;

/// <summary>
/// Takes a request's bytes into an upload, piece by piece: each piece is durable in storage before its offset is
/// written down, and costs one buffer of memory. With a checksum nothing counts before all of the request has come in
/// and is right.
/// </summary>
internal sealed class UploadWriter(IObjectStore store, IHostApplicationLifetime lifetime)
{
    /// <summary>
    /// The same, and what follows from it: a file that is whole becomes a track, what is no audio goes. Says in the
    /// answer's headers where the upload stands.
    /// </summary>
    internal async Task<Error?> WriteAndEnd(UploadHold hold, HttpContext http, UploadEnd end)
    {
        using var checksum = http.Request.Headers["Upload-Checksum"] is { Count: > 0 } header
            ? UploadChecksum.Of(header.ToString())
            : null;
        if (checksum is null && http.Request.Headers.ContainsKey("Upload-Checksum"))
            return Errors.BadRequest.Saying(
                $"Upload-Checksum is an algorithm ({UploadChecksum.Algorithms}), a blank, and the checksum in Base64"
            );
        var refused = await WriteAlone(hold, http.Request, checksum);
        if (refused == UploadsErrors.FormatUnsupported)
            await end.Drop(hold);
        if (refused is not null)
            return refused;
        Tus.Tell(http.Response, hold.Row.OffsetBytes, hold.Row.ExpiresAt);
        if (hold.Row.IsPartial || !hold.Row.IsWhole)
            return null;
        Tus.TellTrack(http.Response, hold.Row.Id);
        return await end.Finish(hold);
    }

    private async Task<Error?> WriteAlone(UploadHold hold, HttpRequest request, UploadChecksum? checksum)
    {
        try
        {
            return await Write(hold, request, checksum);
        }
        catch (DraftBusyException)
        {
            return UploadsErrors.UploadLocked;
        }
    }

    /// <summary>
    /// The error, if the request's bytes were not all taken. Throws what the client's line threw, after what came
    /// before is kept.
    /// </summary>
    internal async Task<Error?> Write(UploadHold hold, HttpRequest request, UploadChecksum? checksum)
    {
        var row = hold.Row;
        if (request.ContentLength > row.LengthBytes - row.OffsetBytes)
            return UploadsErrors.UploadTooLarge.Saying(
                "The request has more bytes than the upload's length leaves room for"
            );
        var hash =
            row.IsPartial ? null
            : row.Sha256State is { } state ? ResumableSha256.Of(state)
            : ResumableSha256.New();
        // A server that is told to stop keeps what it has, and the client goes on elsewhere.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(hold.Lost, lifetime.ApplicationStopping);
        await using var body = new UploadBody(
            request.Body,
            hash,
            checksum,
            row.Head,
            row.LengthBytes - row.OffsetBytes,
            stop.Token
        );
        var draft =
            row.Draft.Length == 0
                ? await store.Drafts.Begin(row.Key, ContentTypeOf(row), CancellationToken.None)
                : await store.Drafts.Resume(row.Key, row.StoredDraft, CancellationToken.None);

        while (draft.SizeBytes < row.LengthBytes)
        {
            // Its token is not the request's: a client that hangs up does not take back what it sent.
            var longer = await store.Drafts.Append(row.Key, draft, row.LengthBytes, body, CancellationToken.None);
            if (longer.SizeBytes == draft.SizeBytes)
                break;
            draft = longer;
            if (IsNoAudio(row, body, draft))
                return UploadsErrors.FormatUnsupported;
            if (checksum is null && !await hold.Keep(draft, hash?.State, body.Head))
                return UploadsErrors.UploadLocked;
        }

        if (checksum is not null && !body.WasCut)
        {
            if (!checksum.Holds())
                return UploadsErrors.UploadChecksumMismatch;
            if (!await hold.Keep(draft, hash?.State, body.Head))
                return UploadsErrors.UploadLocked;
        }

        if (body.WasCut && lifetime.ApplicationStopping.IsCancellationRequested)
            return Errors.Unavailable;
        if (hold.Lost.IsCancellationRequested)
            return UploadsErrors.UploadLocked;
        body.ThrowIfCut();
        return null;
    }

    /// <summary>As soon as enough of it is there to tell. Of a part nothing can be told.</summary>
    private static bool IsNoAudio(UploadRow row, UploadBody body, ObjectDraft draft) =>
        !row.IsPartial
        && row.Head.Length < AudioSniff.BytesWanted
        && (body.Head.Length == AudioSniff.BytesWanted || draft.SizeBytes == row.LengthBytes)
        && AudioSniff.Of(body.Head) is null;

    /// <summary>A store wants it before the first byte, so the name must do.</summary>
    private static string ContentTypeOf(UploadRow row) =>
        AudioNames.Of(Tus.Read(Tus.Metadata(row.Metadata) ?? []).FileName)?.ContentType ?? "application/octet-stream";
}
