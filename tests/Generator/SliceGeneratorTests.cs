using Veza.Tests.Harness;

namespace Veza.Tests.Generator;

/// <summary>What would fail in the native binary only is an error of the build, and what is written compiles.</summary>
public sealed class SliceGeneratorTests
{
    private const string Json = """
        [JsonSerializable(typeof(Envelope<Nothing>))]
        [JsonSerializable(typeof(Envelope<string[]>))]
        [JsonSerializable(typeof(Sample.Request))]
        internal sealed partial class SampleJson : JsonSerializerContext;
        """;

    /// <summary>A slice whose request, route and beginning of the description are given.</summary>
    private static string Slice(string request, string configure, string before = "") =>
        $$"""
            {{before}}
            internal sealed class Sample(TimeProvider clock) : Slice<Sample.Request, Nothing>
            {
                {{request}}
                public override void Configure() { {{configure}} }
                public override Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct) =>
                    Task.FromResult<Answer<Nothing>>(Nothing.Value);
                private TimeProvider Clock => clock;
            }
            {{Json}}
            """;

    private static void Tells(string source, params string[] faults) =>
        Assert.Equal(faults, new GeneratedFrom(source).Faults);

    [Fact]
    public void A_member_that_cannot_be_read_from_text_is_told() =>
        Tells(
            Slice("internal sealed record Request(Version? From);", "Get(\"/things\");"),
            "VZ001 Sample.Request.From is a System.Version?, which cannot be read from text"
        );

    [Fact]
    public void A_body_in_no_context_is_told() =>
        Tells(
            Slice("internal sealed record Request(string Name);", "Post(\"/things\");")
                .Replace("[JsonSerializable(typeof(Sample.Request))]", "", StringComparison.Ordinal),
            "VZ002 Veza.Sample.Sample.Request is in no JsonSerializerContext, but Veza.Sample.Sample reads or writes it"
        );

    [Fact]
    public void An_answer_in_no_context_is_told() =>
        Tells(
            Slice("internal sealed record Request(Guid Id);", "Get(\"/things/{id}\");")
                .Replace("[JsonSerializable(typeof(Envelope<Nothing>))]", "", StringComparison.Ordinal),
            "VZ002 Veza.Infrastructure.Http.Envelope<Veza.Infrastructure.Http.Nothing> is in no JsonSerializerContext, "
                + "but Veza.Sample.Sample reads or writes it"
        );

    [Fact]
    public void A_request_that_nobody_else_can_name_is_told()
    {
        var source = Slice("private sealed record Request(Guid Id);", "Get(\"/things/{id}\");");
        Assert.Contains(
            "VZ003 Sample.Request is private: what is generated cannot reach it",
            new GeneratedFrom(source).Faults
        );
    }

    [Theory]
    [InlineData("Get(\"/things/\" + Guid.Empty);")]
    [InlineData("Get(\"/things\"); Get(\"/others\");")]
    [InlineData("Verbs(Http.GET, Http.POST); Routes(\"/things\");")]
    [InlineData("")]
    public void A_route_that_is_not_one_literal_is_told(string configure) =>
        Tells(
            Slice("internal sealed record Request(int? Limit);", configure),
            "VZ004 Sample names no route: call Get, Post, Put, Patch or Delete with one literal in Configure, "
                + "or Verbs of reads and Routes"
        );

    [Theory]
    [InlineData("internal readonly record struct Request(int? Limit);")]
    [InlineData("internal sealed class Request { public int? Limit { get; set; } }")]
    public void A_request_that_is_no_record_class_is_told(string request) =>
        Tells(
            Slice(request, "Get(\"/things\");"),
            "VZ005 Sample.Request is no record class: a request is put together from its sources by 'with'"
        );

    [Theory]
    [InlineData("int Limit")]
    [InlineData("string Words")]
    public void A_value_that_may_be_missing_and_has_no_default_is_told(string member) =>
        Tells(
            Slice($"internal sealed record Request({member});", "Get(\"/things\");"),
            $"VZ006 Sample.Request.{member.Split(' ')[1]} may be missing in the query: make it nullable, or give it a "
                + "default"
        );

    [Fact]
    public void A_member_of_the_path_that_the_body_would_fill_is_told() =>
        Tells(
            Slice("internal sealed record Request(Guid Id, string Name);", "Put(\"/things/{id}\");"),
            "VZ007 Sample.Request.Id comes from the path: mark it [property: JsonIgnore], or the body is read "
                + "for it too"
        );

    [Fact]
    public void A_part_of_the_path_that_nobody_takes_is_told() =>
        Tells(
            Slice(
                "internal sealed record Request(Guid Id);",
                "Get(\"/{id}/{other}\"); Group<Things>();",
                "internal sealed class Things() : SliceGroup(\"/rooms/{room}\", \"Things\");"
            ),
            "VZ008 Sample has {room} in its route, and no member of its request takes it",
            "VZ008 Sample has {other} in its route, and no member of its request takes it"
        );

    [Theory]
    [InlineData("Throttle(5, 1);", "Throttle", "it believes any X-Forwarded-For; Limits counts")]
    [InlineData("AllowAnonymous();", "AllowAnonymous", "the gate guards: Anonymous in the description")]
    [InlineData("Permissions(\"all\");", "Permissions", "the gate guards: Requires in the description")]
    [InlineData(
        "Query<int>(\"x\", isRequired: false);",
        "Query",
        "what a slice takes stands in its Request, and a wrong value would become a default"
    )]
    public void A_word_of_the_library_that_means_something_else_here_is_told(string call, string name, string reason) =>
        Tells(
            Slice("internal sealed record Request(Guid Id);", $"Get(\"/things/{{id}}\"); {call}"),
            $"VZ009 Sample calls {name}: {reason}"
        );

    [Fact]
    public void A_request_that_two_slices_take_is_told() =>
        Tells(
            Slice("internal sealed record Request(Guid Id);", "Get(\"/things/{id}\");")
                + """
                internal sealed class Other : Slice<Sample.Request, Nothing>
                {
                    public override void Configure() => Delete("/things/{id}");
                    public override Task<Answer<Nothing>> ExecuteAsync(Sample.Request request, CancellationToken ct) =>
                        Task.FromResult<Answer<Nothing>>(Nothing.Value);
                }
                """,
            "VZ010 Veza.Sample.Sample.Request is taken twice, by Veza.Sample.Other and Veza.Sample.Sample"
        );

    [Fact]
    public void A_processor_whose_constructor_is_trimmed_is_told() =>
        Tells(
            """
            internal sealed class Counting : IGlobalPreProcessor
            {
                public Task PreProcessAsync(IPreProcessorContext context, CancellationToken ct) => Task.CompletedTask;
            }
            """,
            "VZ011 Counting is made by its type alone, and its constructor is trimmed away: say it in the slice"
        );

    [Fact]
    public void Each_value_is_read_from_its_one_place()
    {
        var made = new GeneratedFrom(
            Slice(
                """
                [BodyOptional]
                internal sealed record Request(
                    [property: JsonIgnore] Guid Id,
                    [property: JsonIgnore, QueryParam] int? Limit,
                    [property: JsonIgnore, QueryParam] string Order = "newest",
                    [property: JsonIgnore, FromHeader("X-Since")] DateTime? Since = null,
                    [property: JsonIgnore, QueryParam] Guid[] Tags = null!,
                    string? Name = null
                );
                internal sealed class Rules : Validator<Request>
                {
                    public Rules(TimeProvider clock) => RuleFor(r => r.Name).NotEmpty().When(_ => clock is not null);
                }
                """,
                "Put(\"/{id}\"); Group<Things>();",
                "internal sealed class Things() : SliceGroup(\"/api/v1/things\", \"Things\");"
            )
        );
        Assert.Empty(made.Faults);
        Assert.Empty(made.Errors);
        string[] parts =
        [
            "var @id = RequestText.PathValue<global::System.Guid>(http, \"id\");",
            "var @limit = RequestText.QueryValue<int>(http, \"limit\");",
            "var @order = RequestText.QueryText(http, \"order\") ?? \"newest\";",
            "var @since = RequestText.HeaderTime(http, \"X-Since\");",
            "var @tags = RequestText.QueryEach<global::System.Guid>(http, \"tags\");",
            "await RequestBody.Optional<global::Veza.Sample.Sample.Request>(http, ct) ?? new",
            "with { Id = @id, Limit = @limit, Order = @order, Since = @since, Tags = @tags }",
            "static s => new global::Veza.Sample.Sample(Need<global::System.TimeProvider>(s))",
            "static s => new global::Veza.Sample.Sample.Rules(Need<global::System.TimeProvider>(s))",
            "Keep<global::Veza.Sample.Sample.Rules>()",
            "[DynamicDependency(\"ExecuteAsync\", typeof(global::Veza.Sample.Sample))]",
        ];
        Each.Of(parts, part => Assert.Contains(part, made.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void What_takes_nothing_is_given_nothing()
    {
        var made = new GeneratedFrom(
            """
            internal sealed class Sample : Slice<string[]>
            {
                public override void Configure() => Get("/things");
                protected override Task<Answer<string[]>> Execute(CancellationToken ct) =>
                    Task.FromResult<Answer<string[]>>(new string[0]);
            }
            [JsonSerializable(typeof(Envelope<string[]>))]
            internal sealed partial class SampleJson : JsonSerializerContext;
            """
        );
        Assert.Empty(made.Faults);
        Assert.Empty(made.Errors);
        Assert.Contains("EmptyRequest.Instance", made.Text, StringComparison.Ordinal);
        Assert.Contains(
            "[DynamicDependency(\"ExecuteAsync\", typeof(global::Veza.Infrastructure.Http.Slice<string[]>))]",
            made.Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Where_there_are_no_slices_nothing_is_written() => Assert.Empty(new GeneratedFrom("class Other;").Text);
}
