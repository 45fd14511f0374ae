using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Security;

namespace Veza.Tests.House;

/// <summary>A route as the server maps it.</summary>
internal sealed record MappedRoute(string Path, string[] Methods, bool IsAnonymous, string? Permission);

internal static class Routes
{
    /// <summary>The routes of all roles, from the server as it is built, without a process.</summary>
    internal static MappedRoute[] All()
    {
        var (settings, faults) = Settings.Read(
            new ConfigurationBuilder()
                .AddInMemoryCollection(
                    new Dictionary<string, string?>
                    {
                        ["postgres"] = "Host=nowhere",
                        ["redis"] = "nowhere",
                        ["storage"] = Path.GetTempPath(),
                    }
                )
                .Build(),
            Modules.All
        );
        Assert.Empty(faults);
        var app = Server.Build(settings!);
        var endpoints = ((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>();
        return
        [
            .. endpoints.Select(e => new MappedRoute(
                "/" + e.RoutePattern.RawText!.TrimStart('/'),
                [.. e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]],
                e.Metadata.GetMetadata<AnonymousAccess>() is not null,
                e.Metadata.GetMetadata<RequiredPermission>()?.Permission
            )),
        ];
    }
}
