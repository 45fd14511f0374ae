namespace Veza.Demo;

/// <summary>One line that is written over on a terminal; in a log a line now and then, and the last one.</summary>
internal sealed class ProgressLine
{
    private static readonly TimeSpan LogEvery = TimeSpan.FromSeconds(5);

    private string _shown = "",
        _latest = "";
    private DateTime _logAgain = DateTime.MinValue;

    public void Show(string line)
    {
        _latest = line;
        if (Console.IsOutputRedirected && DateTime.UtcNow < _logAgain)
            return;

        Write();
    }

    public void End()
    {
        Write();
        if (!Console.IsOutputRedirected)
            Console.WriteLine();
    }

    private void Write()
    {
        if (_latest == _shown)
            return;
        if (Console.IsOutputRedirected)
        {
            Console.WriteLine(_latest);
        }
        else
        {
            // A line that wraps could not be written over.
            int width = Console.WindowWidth > 20 ? Console.WindowWidth - 1 : 79;
            Console.Write(
                $"\r{(_latest.Length > width ? _latest[..width] : _latest).PadRight(Math.Min(width, _shown.Length))}"
            );
        }

        _shown = _latest;
        _logAgain = DateTime.UtcNow + LogEvery;
    }
}
