namespace Veza.Infrastructure.Configuration;

/// <summary>
/// Jobs at once, the folder for files in work, and what a job may take: time, memory for each tool that it runs, and
/// room in the folder, alone and all together (0 is what the disk has). Uploads are refused while the wait for a worker
/// is thought to be longer than <see cref="QueueWaitMaxS"/>.
/// </summary>
internal sealed record WorkerSettings(
    int Concurrency,
    string Scratch,
    int JobWallS,
    int ToolMemoryMib,
    int ScratchMib,
    int ScratchPerJobMib,
    int QueueWaitMaxS
)
{
    internal static WorkerSettings Read(SettingsReader read) =>
        new(
            read.Int("worker:concurrency", Math.Max(1, Environment.ProcessorCount), 1, 256),
            Path.GetFullPath(read.Text("worker:scratch", Path.Combine(Path.GetTempPath(), "veza-worker"))),
            read.Int("worker:job_wall_s", 4 * 3600, 60, 24 * 3600),
            read.Int("worker:tool_memory_mib", 1024, 256, 65_536),
            read.Int("worker:scratch_mib", 0, 0, 1 << 30),
            read.Int("worker:scratch_per_job_mib", 32_768, 64, 1 << 30),
            read.Int("worker:queue_wait_max_s", 2 * 3600, 10, 7 * 24 * 3600)
        );

    /// <summary>For an operator to read.</summary>
    public override string ToString() =>
        $"{Concurrency} jobs at once, {JobWallS} s each; {ToolMemoryMib} MiB for each tool; scratch in "
        + $"{Scratch}: {ScratchPerJobMib} MiB for a job, "
        + $"{(ScratchMib == 0 ? "what the disk has" : $"{ScratchMib} MiB")} for all; uploads wait {QueueWaitMaxS} s at most";
}
