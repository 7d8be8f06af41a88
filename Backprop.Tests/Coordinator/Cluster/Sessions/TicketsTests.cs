using System.Net;
using Backprop.Coordinator.Cluster.Sessions;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Protocol;
using Backprop.Tests.TestUtilities;
using Google.Protobuf;

namespace Backprop.Tests.Coordinator.Cluster.Sessions;

public sealed class TicketsTests
{
    private static readonly IPAddress Here = IPAddress.Parse("192.0.2.7");
    private readonly Tickets _tickets = new();
    private readonly SplitMix64 _random = new(11);

    [Fact]
    public void ATicketIsGoodOnce()
    {
        var ticket = Issue(1);

        _tickets.Redeem(ticket, Here, Seconds(1)).ShouldNotBeNull().Info.Id.ShouldBe(1);

        _tickets.Redeem(ticket, Here, Seconds(1)).ShouldBeNull();
        _tickets.Count(Seconds(1)).ShouldBe(0);
    }

    [Fact]
    public void ATicketIsGoodForTenSeconds()
    {
        var ticket = Issue(1);
        var last = Issue(2, Seconds(0.001));

        _tickets.IsWaitedFor(1, Seconds(9.999)).ShouldBeTrue();
        _tickets.IsWaitedFor(1, Seconds(10)).ShouldBeFalse();
        _tickets.Redeem(ticket, Here, Seconds(10)).ShouldBeNull();
        _tickets.Redeem(last, Here, Seconds(10)).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("192.0.2.7", "::ffff:192.0.2.7", true)]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7", true)]
    [InlineData("127.0.0.1", "::1", true)]
    [InlineData("127.0.0.1", "127.0.0.9", true)]
    [InlineData("::ffff:127.0.0.1", "::1", true)]
    [InlineData("127.0.0.1", "192.0.2.7", false)]
    [InlineData("2001:db8::1", "2001:db8::2", false)]
    public void ATicketIsGoodWhereItWasAskedFor(string asked, string opened, bool isGood)
    {
        var ticket = Issue(1, caller: asked);

        (_tickets.Redeem(ticket, IPAddress.Parse(opened), Seconds(1)) is not null).ShouldBe(isGood);

        // Who stole it does not spoil it.
        (_tickets.Redeem(ticket, IPAddress.Parse(asked), Seconds(1)) is not null).ShouldBe(!isGood);
    }

    [Fact]
    public void WhatIsNoTicketOpensNothing()
    {
        var ticket = Issue(1);
        byte[][] others = [[], new byte[32], ticket[..31], [.. ticket, 0], [.. ticket[..31], (byte)(ticket[31] ^ 1)]];

        foreach (var other in others)
        {
            _tickets.Redeem(other, Here, Seconds(1)).ShouldBeNull();
        }
    }

    [Fact]
    public void AProcessHasOneTicket_TheNewest()
    {
        var first = Issue(1, instance: 5);
        var second = Issue(2, instance: 5);

        _tickets.Count(Seconds(1)).ShouldBe(1);
        _tickets.Redeem(first, Here, Seconds(1)).ShouldBeNull();
        _tickets.Redeem(second, Here, Seconds(1)).ShouldNotBeNull().Info.Id.ShouldBe(2);
    }

    [Fact]
    public void AHerdGetsTickets_EachItsOwn()
    {
        var tickets = Enumerable.Range(1, 1040).Select(id => Issue(id, instance: id)).ToArray();

        for (var i = 0; i < tickets.Length; i++)
        {
            _tickets.Redeem(tickets[i], Here, Seconds(9)).ShouldNotBeNull().Info.Id.ShouldBe(i + 1);
        }
    }

    private byte[] Issue(int id, TimeSpan at = default, string? caller = null, int? instance = null)
    {
        var bytes = new byte[Tickets.Bytes];
        _random.Fill(bytes);
        var process = new byte[JoinCheck.InstanceBytes];
        BitConverter.TryWriteBytes(process, instance ?? id).ShouldBeTrue();
        var request = new JoinRequest { Instance = ByteString.CopyFrom(process) };
        var from = caller is null ? Here : IPAddress.Parse(caller);
        _tickets.Issue(bytes, new TicketHolder(new WorkerInfo(id, "left", "there", 1), request, from), at);
        return bytes;
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
