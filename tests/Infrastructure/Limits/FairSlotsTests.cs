using System.Net;
using Veza.Infrastructure.Limits;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Limits;

/// <summary>Slots with a share for each person, address and network.</summary>
public sealed class FairSlotsTests
{
    private static readonly Guid Mira = Guid.CreateVersion7(),
        Davor = Guid.CreateVersion7();

    private static SlotHolder At(string address, Guid? person = null) => new(person, IPAddress.Parse(address));

    private static int Taken(FairSlots slots, SlotHolder holder, int tries = 50) =>
        Enumerable.Range(0, tries).Count(_ => slots.Take(holder) is not null);

    [Fact]
    public void A_person_an_address_and_a_network_hold_no_more_than_their_share()
    {
        var slots = new FairSlots(16, SlotShares.Of(16));
        Assert.Equal(4, Taken(slots, At("192.0.2.1", Mira)));
        // Wherever she comes from.
        Assert.Null(slots.Take(At("198.51.100.1", Mira), out var hasShare));
        Assert.True(hasShare);
        Assert.Equal(4, Taken(slots, At("192.0.2.1")));
        Assert.Equal(4, Taken(slots, At("192.0.2.2")));
        Assert.Equal(0, Taken(slots, At("192.0.2.3", Davor)));
        Assert.Equal(4, Taken(slots, At("198.51.100.1", Davor)));
        // Now there is none at all: that is nobody's own doing.
        Assert.Null(slots.Take(At("203.0.113.1"), out hasShare));
        Assert.False(hasShare);
    }

    [Fact]
    public void The_addresses_of_one_machine_are_one()
    {
        var slots = new FairSlots(16, SlotShares.Of(16));
        Assert.Equal(8, Enumerable.Range(0, 20).Count(i => slots.Take(At($"2001:db8:1:2::{i + 1:x}")) is not null));
        Assert.Equal(4, Enumerable.Range(0, 20).Count(i => slots.Take(At($"2001:db8:1:{i + 10:x}::1")) is not null));
        Assert.Equal(4, Taken(slots, At("2001:db8:2::1")));
    }

    [Fact]
    public void A_slot_that_is_given_back_twice_is_one()
    {
        var slots = new FairSlots(1, SlotShares.OfPersons(1));
        var slot = slots.Take(new SlotHolder(Mira, null))!;
        slot.Dispose();
        slot.Dispose();
        Assert.Equal(1, Taken(slots, new SlotHolder(Davor, null)));
    }

    [Fact]
    public async Task Who_waits_is_let_in_in_order_but_for_whose_share_is_used_up()
    {
        var slots = new FairSlots(2, SlotShares.OfPersons(1));
        var none = CancellationToken.None;
        var (mira, davor) = (new SlotHolder(Mira, null), new SlotHolder(Davor, null));
        var first = await slots.Wait(mira, none);
        var (second, third) = (slots.Wait(mira, none), slots.Wait(mira, none));
        Assert.False(second.IsCompleted);
        // Nobody waits behind somebody else's queue.
        var his = slots.Wait(davor, none);
        Assert.True(his.IsCompleted);
        using var gaveUp = new CancellationTokenSource();
        var (lost, next) = (slots.Wait(davor, gaveUp.Token), slots.Wait(davor, none));
        await gaveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lost);
        (await his).Dispose();
        (await next.WaitAsync(Eventually.DeadlineMax)).Dispose();
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second.WaitAsync(Eventually.DeadlineMax)).Dispose();
        (await third.WaitAsync(Eventually.DeadlineMax)).Dispose();
        Assert.NotNull(slots.Take(mira));
        Assert.NotNull(slots.Take(davor));
    }

    [Fact]
    public async Task Whatever_people_do_at_once_no_share_is_passed_and_nobody_is_forgotten()
    {
        var rounds = int.Parse(
            Environment.GetEnvironmentVariable("VEZA_TEST_SLOT_ROUNDS") ?? "200",
            System.Globalization.CultureInfo.InvariantCulture
        );
        var slots = new FairSlots(8, SlotShares.Of(8));
        var holding = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        var passed = 0;
        string[] networks = ["192.0.2", "198.51.100", "203.0.113"];
        await Task.WhenAll(
                Enumerable
                    .Range(0, 24)
                    .Select(one =>
                        Task.Run(async () =>
                        {
                            var random = new Random(one);
                            for (var round = 0; round < rounds; round++)
                            {
                                var network = networks[one % 3];
                                var holder = At($"{network}.{one % 2 + 1}", new Guid(one / 2, 0, 0, new byte[8]));
                                using var impatient = new CancellationTokenSource();
                                var waits = random.Next(3) == 0 ? null : slots.Wait(holder, impatient.Token);
                                if (random.Next(4) == 0)
                                    await impatient.CancelAsync();
                                FairSlots.Slot? slot;
                                try
                                {
                                    slot = waits is null ? slots.Take(holder) : await waits;
                                }
                                catch (OperationCanceledException)
                                {
                                    continue;
                                }

                                if (slot is null)
                                    continue;
                                (string Key, int Max)[] all =
                                [
                                    ("all", 8),
                                    ($"person {holder.Person}", 2),
                                    ($"address {holder.Address}", 4),
                                    ($"network {network}", 6),
                                ];
                                foreach (var (key, max) in all)
                                    if (holding.AddOrUpdate(key, 1, (_, before) => before + 1) > max)
                                        Interlocked.Increment(ref passed);
                                await Task.Yield();
                                foreach (var (key, _) in all)
                                    holding.AddOrUpdate(key, 0, (_, before) => before - 1);
                                slot.Dispose();
                            }
                        })
                    )
            )
            .WaitAsync(Eventually.DeadlineMax);
        Assert.Equal(0, passed);
        Assert.Equal(8, Enumerable.Range(0, 8).Count(i => slots.Take(At($"10.{i}.0.1")) is not null));
    }
}
