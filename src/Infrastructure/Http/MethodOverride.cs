namespace Veza.Infrastructure.Http;

/// <summary>
/// For clients of tus behind what lets only GET and POST through: a POST may name the method it stands for. Nobody else
/// is heard, and permissions are those of the method that is named.
/// </summary>
internal static class MethodOverride
{
    private const string Header = "X-HTTP-Method-Override";

    internal static Task Apply(HttpContext context, RequestDelegate next)
    {
        if (
            HttpMethods.IsPost(context.Request.Method)
            && context.Request.Headers.ContainsKey("Tus-Resumable")
            && context.Request.Headers[Header].ToString() is var named
            && (HttpMethods.IsPatch(named) || HttpMethods.IsDelete(named))
        )
            context.Request.Method = named.ToUpperInvariant();
        return next(context);
    }
}
