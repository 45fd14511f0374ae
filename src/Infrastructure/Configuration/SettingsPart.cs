namespace Veza.Infrastructure.Configuration;

/// <summary>
/// What a module reads of the settings for itself, once those of the house are read. Its nouns and slices ask for the
/// record by its type.
/// </summary>
internal sealed record SettingsPart(Type Type, Func<SettingsReader, Settings, object> Read)
{
    internal static SettingsPart Of<T>(Func<SettingsReader, T> read)
        where T : class => Of((reader, _) => read(reader));

    internal static SettingsPart Of<T>(Func<SettingsReader, Settings, T> read)
        where T : class => new(typeof(T), read);
}
