using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Veza.Generator;

/// <summary>
/// Reads what a class declaration is: a slice, a validator, a context of JSON, or nothing of interest.
/// </summary>
internal static class SliceReading
{
    /// <summary>Members of the library's endpoint that would do something other than the house wants.</summary>
    private static readonly Dictionary<string, string> Refusals = new()
    {
        ["Query"] = "what a slice takes stands in its Request, and a wrong value would become a default",
        ["Route"] = "what a slice takes stands in its Request, and a wrong value would become a default",
        ["Form"] = "forms are read by MultipartForm and FormFields",
        ["AllowFormData"] = "forms are read by MultipartForm and FormFields",
        ["AllowFileUploads"] = "forms are read by MultipartForm and FormFields",
        ["Throttle"] = "it believes any X-Forwarded-For; Limits counts",
        ["AllowAnonymous"] = "the gate guards: Anonymous in the description",
        ["Permissions"] = "the gate guards: Requires in the description",
        ["Policies"] = "the gate guards: Requires in the description",
        ["Roles"] = "the gate guards: Requires in the description",
        ["PreProcessor"] = "its constructor is trimmed away",
        ["PostProcessor"] = "its constructor is trimmed away",
    };

    private static readonly string[] MadeByType =
    [
        "FastEndpoints.IProcessor",
        "FastEndpoints.IMapper",
        "FastEndpoints.ISummary",
        "FastEndpoints.IFeatureFlag",
    ];

    internal static Found? Read(GeneratorSyntaxContext context, CancellationToken ct)
    {
        if (context.SemanticModel.GetDeclaredSymbol(context.Node, ct) is not INamedTypeSymbol type || type.IsAbstract)
            return null;
        foreach (var ancestor in type.Ancestors())
            switch (ancestor.OriginalDefinition.ToDisplayString())
            {
                case "System.Text.Json.Serialization.JsonSerializerContext":
                    return Context(type);
                case "FastEndpoints.Validator<TRequest>":
                    return Validator(type, ancestor.TypeArguments[0]);
                case "FastEndpoints.Endpoint<TRequest, TResponse>":
                    return Slice(
                        type,
                        ancestor.TypeArguments,
                        (ClassDeclarationSyntax)context.Node,
                        context.SemanticModel
                    );
            }

        return type.AllInterfaces.Any(i => MadeByType.Contains(i.ToDisplayString()))
            ? new Found(Kind.Slice, "", Place.Of(type))
            {
                Faults = new([new Fault(Fault.Trimmed, Place.Of(type), type.Short())]),
            }
            : null;
    }

    private static Found Context(INamedTypeSymbol type) =>
        new(Kind.Context, type.Named(), Place.Of(type))
        {
            Json = new([
                .. type.GetAttributes()
                    .Where(attribute => attribute.AttributeClass?.Name == "JsonSerializableAttribute")
                    .Select(attribute => attribute.ConstructorArguments.FirstOrDefault().Value)
                    .OfType<ITypeSymbol>()
                    .Select(Symbols.Named),
            ]),
        };

    private static Found Validator(INamedTypeSymbol type, ITypeSymbol request) =>
        new(Kind.Validator, type.Named(), Place.Of(type))
        {
            Request = request.Named(),
            Needs = Needs(type),
            Faults = new(type.IsReachable() ? [] : [new Fault(Fault.Private, Place.Of(type), type.Short())]),
        };

    private static Found Slice(
        INamedTypeSymbol type,
        IReadOnlyList<ITypeSymbol> takesAndGives,
        ClassDeclarationSyntax node,
        SemanticModel model
    )
    {
        var (request, place) = (takesAndGives[0], Place.Of(type));
        var faults = new List<Fault>();
        if (!type.IsReachable())
            faults.Add(new Fault(Fault.Private, place, type.Short()));
        var route = RouteReading.Of(node, model);
        if (route is null)
            faults.Add(new Fault(Fault.NoRoute, place, type.Short()));
        faults.AddRange(Refused(type, node));
        var read = RequestReading.Of(request, route ?? new RouteReading("Get", []), type, faults);
        var json = new List<string>();
        if (read.Any(member => member.Source == Source.Body))
            json.Add(request.Named());
        var answer = Envelope(takesAndGives[1]);
        if (answer.Length > 0)
            json.Add(answer);
        return new Found(Kind.Slice, type.Named(), place)
        {
            Request = request.Named(),
            Needs = Needs(type),
            Members = new([.. read]),
            Json = new([.. json]),
            Answer = answer,
            Executes = Executing(type).Named(),
            Faults = new([.. faults]),
            IsBodyOptional = request.Has("BodyOptional"),
        };
    }

    /// <summary>The slice itself, or what it derives from for want of a request.</summary>
    private static INamedTypeSymbol Executing(INamedTypeSymbol type) =>
        type.Ancestors().Prepend(type).First(t => t.GetMembers("ExecuteAsync").Any());

    /// <summary>Answers go out in their envelope.</summary>
    private static string Envelope(ITypeSymbol response) =>
        response is INamedTypeSymbol { Name: "Answer" } answer
            ? $"global::{answer.ContainingNamespace.ToDisplayString()}.Envelope<{answer.TypeArguments[0].Named()}>"
            : "";

    private static Sequence<string> Needs(INamedTypeSymbol type) =>
        new([
            .. type
                .InstanceConstructors.Where(c => c.DeclaredAccessibility == Accessibility.Public)
                .OrderByDescending(c => c.Parameters.Length)
                .First()
                .Parameters.Select(parameter => parameter.Type.Named()),
        ]);

    private static IEnumerable<Fault> Refused(INamedTypeSymbol type, ClassDeclarationSyntax node) =>
        from call in node.DescendantNodes().OfType<InvocationExpressionSyntax>()
        let name = (call.Expression as SimpleNameSyntax)?.Identifier.ValueText
        where name is not null && Refusals.ContainsKey(name) && !type.GetMembers(name).Any()
        select new Fault(Fault.Refused, Place.Of(call.GetLocation()), type.Short(), name, Refusals[name]);
}
