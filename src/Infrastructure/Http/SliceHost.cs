using FastEndpoints;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Veza.Infrastructure.Http;

/// <summary>FastEndpoints by the rules of the house (docs/decisions/0001-fastendpoints.md).</summary>
internal static class SliceHost
{
    private static readonly string[] EveryMethod = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

    /// <summary>Adds these slices, with what belongs to them. The library does not start without any.</summary>
    internal static void Add(IServiceCollection services, HashSet<Type> served)
    {
        if (served.Count == 0)
            return;
        services.AddSingleton<IEndpointFactory, SliceFactory>();
        GeneratedSlices.AddTo(services);
        services.AddFastEndpoints([
            .. DiscoveredTypes.All.Where(type => !type.IsAssignableTo(typeof(IEndpoint)) || served.Contains(type)),
        ]);
        // The library asks for these options, though RequestAuthorization decides; and the accessor would be set for
        // every request.
        services.AddOptions<AuthorizationOptions>();
        services.RemoveAll<IHttpContextAccessor>();
    }

    /// <summary>
    /// The routes of the slices by their types; none of those that the library adds for its own tests.
    /// </summary>
    internal static ILookup<Type, Endpoint> Map(WebApplication app)
    {
        if (app.Services.GetService<IEndpointFactory>() is null)
            return Array.Empty<Endpoint>().ToLookup(_ => typeof(void));
        var routes = new OwnRoutes(app);
        routes.MapFastEndpoints(Rule);
        return routes
            .DataSources.SelectMany(source => source.Endpoints)
            .Where(endpoint => endpoint.Metadata.GetMetadata<EndpointDefinition>() is not null)
            .ToLookup(endpoint => endpoint.Metadata.GetMetadata<EndpointDefinition>()!.EndpointType);
    }

    /// <summary>Static in the process: nothing of one host may stand in it.</summary>
    private static void Rule(Config config)
    {
        ValidatorWords.Choose();
        config.Validation.UsePropertyNamingPolicy = false;
        config.Endpoints.ShortNames = true;
        config.Endpoints.Configurator = endpoint =>
        {
            var parts = GeneratedSlices.Parts[endpoint.EndpointType];
            endpoint.AllowAnonymous(EveryMethod);
            endpoint.Description(route => Describe(route, parts));
        };
        // What is thrown for a body goes the way of every other exception.
        config.Binding.JsonExceptionTransformer = null;
        config.Binding.ReflectionCache.AddFromVeza();
        config.Errors.ProducesMetadataType = null;
        config.Errors.ResponseBuilder = (failures, _, _) =>
            Errors.Validation.With([
                .. failures.Select(f => new FieldError(f.PropertyName, f.ErrorCode, f.ErrorMessage)),
            ]);
        config.Serializer.ResponseSerializer = (response, body, _, _, _) =>
            ErrorWriter.Write(response.HttpContext, body as Error ?? Errors.Internal);
        // Answers are written by themselves; a second cache of the wire's types would only cost.
        config.Serializer.Options.TypeInfoResolverChain.Clear();
    }

    private static void Describe(RouteHandlerBuilder route, SliceParts parts)
    {
        route.ClearDefaultAccepts().WithMetadata(parts);
        if (parts.Answer is not null)
            route.WithMetadata(new AnswerMetadata(parts.Answer));
        // At last, because forms say what they take in their description.
        route.Finally(endpoint =>
        {
            if (endpoint.Metadata.OfType<IAcceptsMetadata>().Any())
                endpoint.RequestDelegate = WithContentType(endpoint.RequestDelegate!);
        });
        if (parts.NeedsBody is not { } needsBody)
            return;
        route.WithMetadata(new AcceptsMetadata(["application/json"], parts.Request, isOptional: !needsBody));
    }

    /// <summary>
    /// The library answers a request without Content-Type with a bare 415 that has already started, also where there
    /// need be no body: <see cref="RequestBody"/> and <see cref="MultipartForm"/> decide.
    /// </summary>
    private static RequestDelegate WithContentType(RequestDelegate next) =>
        context =>
        {
            if (context.Request.Headers.ContentType.Count == 0)
                context.Request.Headers.ContentType = "";
            return next(context);
        };
}

/// <summary>
/// Makes slices as the generator says; without services where the library only asks for a description.
/// </summary>
internal sealed class SliceFactory : IEndpointFactory
{
    public BaseEndpoint Create(EndpointDefinition definition, HttpContext ctx) =>
        GeneratedSlices.Makers[definition.EndpointType](ctx.GetEndpoint() is null ? null : ctx.RequestServices);
}

/// <summary>Routes that are gathered apart from the application's.</summary>
internal sealed class OwnRoutes(WebApplication app) : IEndpointRouteBuilder
{
    public IServiceProvider ServiceProvider => app.Services;

    public ICollection<EndpointDataSource> DataSources { get; } = [];

    public IApplicationBuilder CreateApplicationBuilder() => ((IEndpointRouteBuilder)app).CreateApplicationBuilder();
}
