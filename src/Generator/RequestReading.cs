using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Veza.Generator;

/// <summary>Reads what a request is made of, and from which one place each member comes.</summary>
internal static class RequestReading
{
    internal static Member[] Of(ITypeSymbol request, RouteReading route, INamedTypeSymbol slice, List<Fault> faults)
    {
        if (request.Name == "EmptyRequest")
            return Unnamed([], route, slice, faults);
        if (!request.IsReachable())
            faults.Add(new Fault(Fault.Private, Place.Of(request), request.Short()));
        if (request is not INamedTypeSymbol { IsRecord: true, IsValueType: false })
        {
            faults.Add(new Fault(Fault.NoRecord, Place.Of(request), request.Short()));
            return [];
        }

        Member[] members = [.. Settable(request).Select(property => Read(request, property, route, faults))];
        if (members.Any(member => member.Source == Source.Body))
            faults.AddRange(
                from property in Settable(request)
                let member = members.First(m => m.Name == property.Name)
                where member.Source != Source.Body && !property.Has("JsonIgnore")
                select new Fault(Fault.InBody, Place.Of(property), request.Short(), property.Name, Word(member.Source))
            );
        return Unnamed(members, route, slice, faults);
    }

    /// <summary>Positional members first, in their order, as the constructor takes them.</summary>
    private static IEnumerable<IPropertySymbol> Settable(ITypeSymbol request) =>
        request
            .GetMembers()
            .OfType<IPropertySymbol>()
            .Where(property =>
                property is { IsStatic: false, IsIndexer: false, SetMethod: not null }
                && property.DeclaredAccessibility is Accessibility.Public or Accessibility.Internal
            );

    private static Member Read(ITypeSymbol request, IPropertySymbol property, RouteReading route, List<Fault> faults)
    {
        var (source, wire) = SourceOf(property, route);
        var read = source == Source.Body ? "" : TextReading.MethodFor(property.Type);
        if (read is null)
            faults.Add(
                new Fault(
                    Fault.Unreadable,
                    Place.Of(property),
                    request.Short(),
                    property.Name,
                    property.Type.ToDisplayString()
                )
            );
        var absent = Default(request, property);
        if (source is Source.Query or Source.Header && absent.Length == 0 && property.Type is not IArrayTypeSymbol)
            faults.Add(new Fault(Fault.NoDefault, Place.Of(property), request.Short(), property.Name, Word(source)));
        return new Member(property.Name, wire, property.Type.Named(), source, read ?? "", absent);
    }

    private static (Source Source, string Wire) SourceOf(IPropertySymbol property, RouteReading route)
    {
        if (
            route.Parameters.FirstOrDefault(p => p.Equals(property.Name, StringComparison.OrdinalIgnoreCase)) is
            { } part
        )
            return (Source.Path, part);
        if (property.Attribute("FromHeader") is { } header)
            return (Source.Header, Argument(header) ?? property.Name);
        var name = property.Attribute("BindFrom") is { } named ? Argument(named) : null;
        return (
            route.TakesBody && !property.Has("QueryParam") ? Source.Body : Source.Query,
            name ?? Symbols.SnakeCase(property.Name)
        );
    }

    private static string? Argument(AttributeData attribute) =>
        attribute.ConstructorArguments.FirstOrDefault(a => a.Value is string).Value as string;

    /// <summary>What it is where it is not sent: an expression, empty when it must be sent.</summary>
    private static string Default(ITypeSymbol request, IPropertySymbol property)
    {
        var parameter = ((INamedTypeSymbol)request)
            .InstanceConstructors.SelectMany(constructor => constructor.Parameters)
            .FirstOrDefault(p => p.Name == property.Name && p.HasExplicitDefaultValue);
        return parameter?.ExplicitDefaultValue is { } value ? Literal(value)
            : property.Type.MayBeNull() ? "null"
            : "";
    }

    private static string Literal(object value) =>
        value switch
        {
            string text => SyntaxFactory
                .LiteralExpression(SyntaxKind.StringLiteralExpression, SyntaxFactory.Literal(text))
                .ToString(),
            bool flag => flag ? "true" : "false",
            int number => SyntaxFactory.Literal(number).ToString(),
            long number => SyntaxFactory.Literal(number).ToString(),
            double number => SyntaxFactory.Literal(number).ToString(),
            _ => "",
        };

    private static Member[] Unnamed(Member[] members, RouteReading route, INamedTypeSymbol slice, List<Fault> faults)
    {
        faults.AddRange(
            route
                .Parameters.Where(part => !members.Any(m => m.Source == Source.Path && m.Wire == part))
                .Select(part => new Fault(Fault.Unnamed, Place.Of(slice), slice.Short(), part))
        );
        return members;
    }

    private static string Word(Source source) => source.ToString().ToLowerInvariant();
}
