using System.Net;
using System.Security.Cryptography;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Protocol;
using Google.Protobuf;

namespace Backprop.Coordinator.Cluster.Sessions;

/// <summary>
/// Who may open a link: a ticket is 32 random bytes, good once, for ten seconds, from the address that it was given to. Pure: bytes and
/// times are handed in. One thread at a time.
/// </summary>
internal sealed class Tickets
{
    /// <summary>How many random bytes a ticket is.</summary>
    public const int Bytes = 32;

    /// <summary>How long one is good.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    private readonly List<Ticket> _issued = [];

    /// <summary>How many are good now.</summary>
    public int Count(TimeSpan now)
    {
        _issued.RemoveAll(ticket => now - ticket.At >= Lifetime);
        return _issued.Count;
    }

    /// <summary>Whether a worker of this number has one that is good now.</summary>
    public bool IsWaitedFor(int worker, TimeSpan now) => Count(now) > 0 && _issued.Exists(ticket => ticket.Holder.Info.Id == worker);

    /// <summary>The one that a worker's process has now; null: it has none.</summary>
    public TicketHolder? Find(ByteString instance, TimeSpan now) =>
        Count(now) == 0 ? null : _issued.Find(ticket => ticket.Holder.Request.Instance.Equals(instance))?.Holder;

    /// <summary>Gives a ticket out; an older one of the same process is void.</summary>
    /// <param name="bytes">From a cryptographic source.</param>
    public void Issue(byte[] bytes, TicketHolder holder, TimeSpan now)
    {
        _issued.RemoveAll(ticket => ticket.Holder.Request.Instance.Equals(holder.Request.Instance));
        _issued.Add(new Ticket(bytes, holder, now));
    }

    /// <summary>Takes a ticket; it is void from now on, except where it was shown from elsewhere: who stole it must not spoil it.</summary>
    /// <returns>Null where it is none, too old, used, or another's.</returns>
    public TicketHolder? Redeem(ReadOnlySpan<byte> bytes, IPAddress caller, TimeSpan now)
    {
        for (var i = Count(now) - 1; i >= 0; i--)
        {
            var ticket = _issued[i];
            if (CryptographicOperations.FixedTimeEquals(ticket.Bytes, bytes) && IsSame(ticket.Holder.Caller, caller))
            {
                _issued.RemoveAt(i);
                return ticket.Holder;
            }
        }

        return null;
    }

    /// <summary>Takes the ticket whose knock this is, as <see cref="Redeem"/>; its bytes are still to be shown.</summary>
    /// <returns>Null where there is none, or it is too old, used, or another's.</returns>
    public (TicketHolder Holder, byte[] Ticket)? Answer(ReadOnlySpan<byte> knock, IPAddress caller, TimeSpan now)
    {
        for (var i = Count(now) - 1; i >= 0; i--)
        {
            var ticket = _issued[i].Bytes;
            if (CryptographicOperations.FixedTimeEquals(Knock.Of(ticket), knock) && Redeem(ticket, caller, now) is { } holder)
            {
                return (holder, ticket);
            }
        }

        return null;
    }

    /// <summary>IPv4 is also written as IPv6, and this machine has many addresses for itself.</summary>
    private static bool IsSame(IPAddress one, IPAddress other) =>
        (IPAddress.IsLoopback(one) && IPAddress.IsLoopback(other)) || Plain(one).Equals(Plain(other));

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private sealed record Ticket(byte[] Bytes, TicketHolder Holder, TimeSpan At);
}

/// <summary>A worker that was let in and has not opened its link yet.</summary>
/// <param name="Info">Who it is.</param>
/// <param name="Request">What it said of itself.</param>
/// <param name="Caller">Where it asked from.</param>
internal sealed record TicketHolder(WorkerInfo Info, JoinRequest Request, IPAddress Caller);
