namespace Veza.Infrastructure.Http;

/// <summary>
/// A page of a list: <c>page</c> from 1, <c>per_page</c> from 1 to 100. Pages end where counting would cost more than
/// it tells.
/// </summary>
internal readonly record struct Paging(int Page, int PerPage)
{
    internal const int PerPageMax = 100;
    internal const int ResultsMax = 10_000;

    internal int Offset => (Page - 1) * PerPage;

    internal static Error? Read(int? page, int? perPage, out Paging paging)
    {
        paging = new Paging(page ?? 1, perPage ?? 20);
        if (paging.Page < 1)
            return Errors.Validation.With(new FieldError("page", "OUT_OF_RANGE", "page starts at 1"));
        if (paging.PerPage is < 1 or > PerPageMax)
            return Errors.Validation.With(
                new FieldError("per_page", "OUT_OF_RANGE", $"per_page is from 1 to {PerPageMax}")
            );
        return (long)paging.Page * paging.PerPage > ResultsMax ? Errors.PageTooDeep : null;
    }

    internal Meta Meta(long total) =>
        new()
        {
            Page = Page,
            PerPage = PerPage,
            Total = total,
        };
}
