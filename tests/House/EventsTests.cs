using System.Reflection;
using Veza.Infrastructure.Events;
using Veza.Infrastructure.Mail;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>What happens is declared where it happens, and who listens, in one line where the consequence is.</summary>
public sealed class EventsTests
{
    private static readonly (Type Room, EventKind Kind)[] Declared =
    [
        .. typeof(EventKind)
            .Assembly.GetTypes()
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.NonPublic))
            .Where(field => field.FieldType.IsAssignableTo(typeof(EventKind)))
            .Select(field => (field.DeclaringType!, (EventKind)field.GetValue(null)!)),
    ];

    [Fact]
    public void Each_event_is_declared_once_in_the_events_of_its_room()
    {
        Assert.True(Declared.Length >= 6);
        Assert.Equal(Declared.Length, Declared.Select(d => d.Kind.Name).Distinct().Count());
        Each.Of(Declared, d => Assert.Equal($"{d.Room.Namespace!.Split('.')[2]}Events", d.Room.Name));
        Each.Of(
            Modules.All.SelectMany(m => m.Subscriptions).SelectMany(s => s.Events),
            kind => Assert.Contains(kind, Declared.Select(d => d.Kind))
        );
    }

    [Fact]
    public void Each_listener_and_each_kind_of_job_has_a_name_of_its_own()
    {
        string[] names =
        [
            .. Modules.All.SelectMany(m => m.Subscriptions).Select(s => s.Name),
            .. Modules.All.SelectMany(m => m.Jobs).Select(j => j.Name),
            SendMail.Kind.Name,
        ];
        Assert.True(names.Length >= 8);
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    [Fact]
    public async Task Triggers_that_write_events_are_listed_by_the_room_whose_events_they_are()
    {
        await using var database = await TestDatabase.Create();
        var there = await database.Column(
            """
            select format('%s %s %s', c.relname, t.tgname, kind[1])
              from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid,
                   regexp_matches(p.prosrc, 'record_event\((''\w+'')?', 'g') kind
             where not t.tgisinternal and t.tgparentid = 0 and not c.relispartition
            """
        );
        Assert.NotEmpty(there);
        Assert.Equal(
            Modules
                .All.SelectMany(m => m.Triggers)
                .Select(t => $"{t.Table} {t.Name} '{t.Event.Name}'")
                .Order(StringComparer.Ordinal),
            there.Order(StringComparer.Ordinal)
        );
        Each.Of(
            Modules.All.SelectMany(m => m.Triggers.Select(t => (m.Name, t.Event))),
            listed => Assert.Equal($"{listed.Name}Events", Declared.Single(d => d.Kind == listed.Event).Room.Name)
        );
    }
}
