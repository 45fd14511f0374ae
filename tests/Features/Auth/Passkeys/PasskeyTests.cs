using System.Buffers.Text;
using System.Text.Json.Nodes;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth.Passkeys;

/// <summary>Passkeys over HTTP, with answers that no browser would give.</summary>
public sealed class PasskeyTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;
    private const int Parallel = 50;

    private Ceremony With(string challenge, Actor? owner = null) =>
        new()
        {
            Challenge = challenge,
            Origin = server.Address,
            RelyingPartyId = "127.0.0.1",
            UserHandle = owner?.Id.ToByteArray(bigEndian: true),
        };

    private async Task<Ceremony> ToRegister(Actor actor) =>
        With(
            (await actor.Post("/api/v1/auth/passkeys/options")).Is(200).Data.GetProperty("public_key").Text("challenge")
        );

    private async Task<Ceremony> ToSignIn(Actor owner) =>
        With(
            (await server.Visitor.Post("/api/v1/auth/passkeys/login/options"))
                .Is(200)
                .Data.GetProperty("public_key")
                .Text("challenge"),
            owner
        );

    private Task<Reply> SignIn(JsonObject credential) =>
        server.Visitor.Post("/api/v1/auth/passkeys/login", new { Credential = credential });

    private static Task<Reply> Add(Actor actor, JsonObject credential, string? name = null) =>
        actor.Post("/api/v1/auth/passkeys", new { Name = name, Credential = credential });

    private async Task<(Guid Id, SoftPasskey Passkey)> Register(Actor actor, SoftPasskey? passkey = null)
    {
        passkey ??= new SoftPasskey();
        return (
            (await Add(actor, passkey.Register(await ToRegister(actor)))).Is(201).Data.GetProperty("id").GetGuid(),
            passkey
        );
    }

    [Fact]
    public async Task A_passkey_is_added_named_listed_and_removed_by_its_owner()
    {
        var (mira, davor) = (await Actor.Register(server, "mira"), await Actor.Register(server, "davor"));
        var options = (await mira.Post("/api/v1/auth/passkeys/options")).Is(200);
        Assert.Equal("no-store", options.Header("Cache-Control"));
        var publicKey = options.Data.GetProperty("public_key");
        Assert.Equal(
            ("127.0.0.1", mira.Username, "none"),
            (
                publicKey.GetProperty("rp").Text("id"),
                publicKey.GetProperty("user").Text("name"),
                publicKey.Text("attestation")
            )
        );
        Assert.Equal(
            [-7, -257],
            publicKey.GetProperty("pubKeyCredParams").EnumerateArray().Select(p => p.GetProperty("alg").GetInt32())
        );
        Assert.Equal(
            ("required", "required"),
            (
                publicKey.GetProperty("authenticatorSelection").Text("residentKey"),
                publicKey.GetProperty("authenticatorSelection").Text("userVerification")
            )
        );

        var (id, passkey) = await Register(mira);
        var excluded = Assert.Single(
            (await mira.Post("/api/v1/auth/passkeys/options"))
                .Is(200)
                .Data.GetProperty("public_key")
                .GetProperty("excludeCredentials")
                .EnumerateArray()
        );
        Assert.Equal(Base64Url.EncodeToString(passkey.Id), excluded.Text("id"));
        (await davor.Put($"/api/v1/auth/passkeys/{id}", new { Name = "Mine" })).Is(404, "PASSKEY_NOT_FOUND");
        (await davor.Delete($"/api/v1/auth/passkeys/{id}")).Is(404, "PASSKEY_NOT_FOUND");
        Assert.Empty((await davor.Get("/api/v1/auth/passkeys")).Is(200).Data.EnumerateArray());
        foreach (var name in new[] { "", "  ", new string('x', 61) })
            Assert.Equal(
                ["name INVALID_FORMAT"],
                (await mira.Put($"/api/v1/auth/passkeys/{id}", new { Name = name }))
                    .Is(422, "VALIDATION_ERROR")
                    .FieldErrors
            );
        (await mira.Put($"/api/v1/auth/passkeys/{id}", new { Name = " The key on my desk " })).Is(200);
        var listed = Assert.Single((await mira.Get("/api/v1/auth/passkeys")).Is(200).Data.EnumerateArray());
        Assert.Equal(("The key on my desk", -7L), (listed.Text("name"), listed.Number("algorithm")));
        Assert.Equal(
            ["internal", "hybrid"],
            listed.GetProperty("transports").EnumerateArray().Select(t => t.GetString())
        );
        (await mira.Delete($"/api/v1/auth/passkeys/{id}")).Is(200);
        (await SignIn(passkey.SignIn(await ToSignIn(mira)))).Is(401, "PASSKEY_REFUSED");
        Assert.Equal(
            ["passkey.added", "passkey.renamed", "passkey.removed"],
            (await SecondFactors.Trail(mira)).Where(a => a.StartsWith("passkey.", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task A_passkey_is_both_factors_and_keeps_out_the_suspended()
    {
        var mira = await Actor.Register(server, "mira");
        await SecondFactors.TurnOn(mira);
        var (_, passkey) = await Register(mira);
        mira.Take((await SignIn(passkey.SignIn(await ToSignIn(mira)))).Is(200).Data);
        (await mira.Get("/api/v1/auth/me")).Is(200);
        Assert.Equal(
            "passkey",
            await server.Database.Scalar<string>(
                "select array_to_string(methods, ',') from session where account_id = $1 order by id desc limit 1",
                mira.Id
            )
        );
        await server.Database.Execute("update account set suspended_at = now() where id = $1", mira.Id);
        (await SignIn(passkey.SignIn(await ToSignIn(mira)))).Is(403, "ACCOUNT_SUSPENDED");
    }

    [Fact]
    public async Task A_challenge_is_for_one_ceremony_of_one_person_once_and_for_five_minutes()
    {
        var (mira, davor) = (await Actor.Register(server, "mira"), await Actor.Register(server, "davor"));
        var (_, passkey) = await Register(mira);
        (await SignIn(passkey.SignIn(With((await ToRegister(mira)).Challenge, mira)))).Is(
            422,
            "PASSKEY_CHALLENGE_INVALID"
        );
        using var another = new SoftPasskey();
        (await Add(mira, another.Register(await ToSignIn(mira)))).Is(422, "PASSKEY_CHALLENGE_INVALID");
        (await Add(davor, another.Register(await ToRegister(mira)))).Is(422, "PASSKEY_CHALLENGE_INVALID");
        (await Add(mira, another.Register(With("bWFkZSB1cA")))).Is(422, "PASSKEY_CHALLENGE_INVALID");
        var late = (Add: await ToRegister(mira), SignIn: await ToSignIn(mira));
        await server.Database.Execute(
            "update ticket set expires_at = expires_at - interval '5 minutes' where purpose = 'PasskeyChallenge'"
        );
        (await Add(mira, another.Register(late.Add))).Is(422, "PASSKEY_CHALLENGE_INVALID");
        (await SignIn(passkey.SignIn(late.SignIn))).Is(422, "PASSKEY_CHALLENGE_INVALID");

        var before = await SecondFactors.Sessions(mira);
        var once = passkey.SignIn(await ToSignIn(mira));
        var replies = await Task.WhenAll(
            Enumerable.Range(0, Parallel).Select(_ => SignIn((JsonObject)once.DeepClone()))
        );
        Assert.Single(replies, r => r.Status == 200);
        Assert.Equal(Parallel - 1, replies.Count(r => r.Status == 422 && r.ErrorCode == "PASSKEY_CHALLENGE_INVALID"));
        Assert.Equal(before + 1, await SecondFactors.Sessions(mira));

        // A ceremony that failed has spent its challenge as well.
        var failed = await ToSignIn(mira);
        (await SignIn(passkey.SignIn(failed with { Flags = 0x01 }))).Is(401, "PASSKEY_REFUSED");
        (await SignIn(passkey.SignIn(failed))).Is(422, "PASSKEY_CHALLENGE_INVALID");
    }

    [Fact]
    public async Task An_answer_that_is_not_right_in_all_its_parts_signs_nobody_in()
    {
        var (mira, davor) = (await Actor.Register(server, "mira"), await Actor.Register(server, "davor"));
        var (_, passkey) = await Register(mira);
        var (_, his) = await Register(davor);
        async Task Refused(SoftPasskey with, Func<Ceremony, Ceremony> change, Actor? owner = null) =>
            (await SignIn(with.SignIn(change(await ToSignIn(owner ?? mira))))).Is(401, "PASSKEY_REFUSED");
        await Refused(passkey, c => c with { Origin = "http://evil.example" });
        await Refused(passkey, c => c with { RelyingPartyId = "evil.example" });
        await Refused(passkey, c => c with { Type = "webauthn.create" });
        await Refused(passkey, c => c with { CrossOrigin = true });
        await Refused(passkey, c => c with { Flags = 0x01 });
        await Refused(passkey, c => c with { Flags = 0x04 });
        await Refused(passkey, c => c with { Flags = 0x0D });
        await Refused(passkey, c => c with { Signature = s => [.. s[..^1], (byte)(s[^1] ^ 1)] });
        await Refused(passkey, c => c, davor);
        await Refused(his, c => c, mira);
        using var stranger = new SoftPasskey();
        await Refused(stranger, c => c);
        using var impostor = new SoftPasskey { Id = passkey.Id };
        await Refused(impostor, c => c);
        (await SignIn(passkey.SignIn(await ToSignIn(mira)))).Is(200);
        Assert.Equal(10, (await SecondFactors.Trail(mira)).Count(a => a == "sign_in.failed"));
        Assert.Equal(1, (await SecondFactors.Trail(davor)).Count(a => a == "sign_in.failed"));
    }

    [Fact]
    public async Task A_count_that_does_not_go_up_betrays_a_copy()
    {
        var mira = await Actor.Register(server, "mira");
        var (_, passkey) = await Register(mira);
        async Task<Reply> Counting(uint count) =>
            await SignIn(passkey.SignIn(await ToSignIn(mira) with { SignCount = count }));
        (await Counting(10)).Is(200);
        foreach (var count in new uint[] { 10, 9, 0 })
            (await Counting(count)).Is(401, "PASSKEY_REFUSED");
        (await Counting(11)).Is(200);
        Assert.Equal(3, (await SecondFactors.Trail(mira)).Count(a => a == "passkey.clone_suspected"));

        // Passkeys that live in several places do not count at all.
        using var synced = new SoftPasskey();
        (await Add(mira, synced.Register(await ToRegister(mira) with { SignCount = 0, Flags = 0x1D }))).Is(201);
        for (var i = 0; i < 3; i++)
            (await SignIn(synced.SignIn(await ToSignIn(mira) with { SignCount = 0, Flags = 0x1D }))).Is(200);
    }

    [Fact]
    public async Task A_passkey_belongs_to_one_account_and_an_account_has_at_most_twenty()
    {
        var (mira, davor) = (await Actor.Register(server, "mira"), await Actor.Register(server, "davor"));
        var (_, passkey) = await Register(mira);
        (await Add(davor, passkey.Register(await ToRegister(davor)))).Is(409, "PASSKEY_TAKEN");
        using var mislabelled = new SoftPasskey();
        var lying = mislabelled.Register(await ToRegister(mira));
        lying["id"] = Base64Url.EncodeToString(new byte[32]);
        (await Add(mira, lying)).Is(422, "PASSKEY_INVALID");

        var ceremonies = new List<Ceremony>();
        for (var i = 0; i < 25; i++)
            ceremonies.Add(await ToRegister(mira));
        var replies = await Task.WhenAll(
            ceremonies.Select(c => Add(mira, new SoftPasskey().Register(c), new string('x', 60)))
        );
        Assert.Equal(19, replies.Count(r => r.Status == 201));
        Each.Of(replies.Where(r => r.Status != 201), r => r.Is(409, "TOO_MANY_PASSKEYS"));
        (await mira.Post("/api/v1/auth/passkeys/options")).Is(409, "TOO_MANY_PASSKEYS");
        Assert.Equal(20, (await mira.Get("/api/v1/auth/passkeys")).Is(200).Data.GetArrayLength());
    }

    [Fact]
    public async Task The_last_way_into_an_account_without_a_password_stays()
    {
        var mira = await Actor.Register(server, "mira");
        var ((first, _), (second, _)) = (await Register(mira), await Register(mira));
        await server.Database.Execute("update account set password_hash = null where id = $1", mira.Id);
        var replies = await Task.WhenAll(
            mira.Delete($"/api/v1/auth/passkeys/{first}"),
            mira.Delete($"/api/v1/auth/passkeys/{second}")
        );
        Assert.Equal([200, 409], replies.Select(r => r.Status).Order());
        Assert.Equal("LAST_WAY_IN", replies.Single(r => r.Status == 409).ErrorCode);
        Assert.Single((await mira.Get("/api/v1/auth/passkeys")).Is(200).Data.EnumerateArray());

        // A step-up by password is not to be had there either.
        (await mira.Post("/api/v1/auth/step-up", new { Actor.Password })).Is(403, "STEP_UP_FAILED");
    }

    [Fact]
    public async Task Bodies_that_are_no_credential_are_told_what_they_lack()
    {
        var mira = await Actor.Register(server, "mira");
        foreach (
            var body in new[]
            {
                "{}",
                "{\"credential\":null}",
                "{\"credential\":{}}",
                "{\"credential\":{\"type\":\"public-key\",\"response\":{}}}",
                "{\"credential\":{\"id\":5}}",
                "{\"credential\":[]}",
            }
        )
        {
            (await mira.PostText("/api/v1/auth/passkeys", body)).Is(422, "VALIDATION_ERROR");
            (await server.Visitor.PostText("/api/v1/auth/passkeys/login", body)).Is(422, "VALIDATION_ERROR");
        }

        var credential = new SoftPasskey().Register(await ToRegister(mira));
        credential["response"]!["attestationObject"] = "not base64url!";
        Assert.Equal(
            ["credential.response.attestationObject INVALID_FORMAT"],
            (await Add(mira, credential)).Is(422, "VALIDATION_ERROR").FieldErrors
        );
        credential["response"]!["attestationObject"] = new string('A', 20_000);
        Assert.Equal(
            ["credential.response.attestationObject INVALID_FORMAT"],
            (await Add(mira, credential)).Is(422, "VALIDATION_ERROR").FieldErrors
        );
    }

    /// <summary>
    /// From a fixed seed. Where a mutation hit bytes that nobody believes (the AAGUID), the passkey is good.
    /// </summary>
    [Fact]
    public async Task Two_hundred_broken_attestations_are_refused_in_the_contracts_shape()
    {
        var mira = await Actor.Register(server, "mira");
        var random = new Random(20260302);
        var statuses = new List<int>();
        for (var i = 0; i < 200; i++)
        {
            using var passkey = new SoftPasskey();
            var ceremony = await ToRegister(mira);
            var reply = await Add(
                mira,
                passkey.RegisterWith(Mutation.Of(passkey.AttestationObject(ceremony), random), ceremony)
            );
            statuses.Add(reply.Status);
            if (reply.Status == 201)
                await server.Database.Execute("delete from passkey where account_id = $1", mira.Id);
            else
                reply.Is(422, reply.ErrorCode == "VALIDATION_ERROR" ? "VALIDATION_ERROR" : "PASSKEY_INVALID");
        }

        Assert.InRange(statuses.Count(s => s == 422), 100, 200);
    }

    [Fact]
    public async Task A_passkey_steps_up_its_own_account_only()
    {
        var (mira, davor) = (await Actor.Register(server, "mira"), await Actor.Register(server, "davor"));
        var (_, passkey) = await Register(mira);
        var (_, his) = await Register(davor);
        await server.Database.Execute(
            "update session set authenticated_at = now() - interval '16 minutes' where account_id = $1",
            mira.Id
        );
        mira.Take((await mira.Refresh()).Is(200).Data);
        (await mira.Post("/api/v1/auth/passkeys/options")).Is(403, "STEP_UP_REQUIRED");
        (await mira.Post("/api/v1/auth/step-up", new { Credential = his.SignIn(await ToSignIn(davor)) })).Is(
            403,
            "STEP_UP_FAILED"
        );
        (await mira.Post("/api/v1/auth/step-up", new { Credential = passkey.SignIn(With("bWFkZSB1cA", mira)) })).Is(
            422,
            "PASSKEY_CHALLENGE_INVALID"
        );
        mira.Take(
            (await mira.Post("/api/v1/auth/step-up", new { Credential = passkey.SignIn(await ToSignIn(mira)) }))
                .Is(200)
                .Data.Text("access_token")
        );
        (await mira.Post("/api/v1/auth/passkeys/options")).Is(200);
    }
}
