namespace Veza.Infrastructure.Health;

/// <summary>
/// The first second of a stop. New connections are still taken, each answer says that its connection ends
/// (<c>Connection: close</c>), and who asks whether this process is ready hears that it is not. Then connections are
/// closed, and nobody is left who was about to ask on one of them.
/// </summary>
internal sealed class Draining(Readiness readiness, TimeProvider clock) : IHostedLifecycleService
{
    private static readonly TimeSpan Notice = TimeSpan.FromSeconds(1);

    internal static Task Tell(HttpContext http, RequestDelegate next)
    {
        if (http.RequestServices.GetRequiredService<Readiness>().IsDraining)
            http.Response.Headers.Connection = "close";
        return next(http);
    }

    /// <summary>Before Kestrel stops. A process that was never ready had nobody to give notice to.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken) =>
        readiness.HasStarted ? Task.Delay(Notice, clock, cancellationToken) : Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
