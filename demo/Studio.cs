namespace Veza.Demo;

/// <summary>Keeps buses between songs: fresh memory for each of forty stems would cost more than the music.</summary>
internal sealed class Studio
{
    private readonly Stack<Bus> _idle = new();

    /// <summary>A silent bus.</summary>
    public Bus Open(int frames)
    {
        Bus bus = _idle.TryPop(out Bus? used) ? used : new Bus();
        bus.Clear(frames);
        return bus;
    }

    public void Close(Bus bus) => _idle.Push(bus);
}
