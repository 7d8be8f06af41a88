using System.Net;
using System.Net.Sockets;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Protocol;

/// <summary>Makes a connection in a limited time without ever making its socket non-blocking; <see cref="FrameLink"/> says why.</summary>
internal static class LinkSocket
{
    /// <summary>A connection to the first of the addresses that answers.</summary>
    /// <param name="addresses">At least one.</param>
    /// <param name="patience">How long to wait for each.</param>
    /// <param name="time">Measures the patience.</param>
    /// <exception cref="LinkClosedException">None of them answered; the sentence is about the last.</exception>
    public static Socket Connect(ReadOnlySpan<EndPoint> addresses, TimeSpan patience, TimeProvider time)
    {
        LinkClosedException? last = null;
        foreach (var address in addresses)
        {
            var socket = LinkAddress.NewSocket(address);
            var attempt = new Attempt(socket);
            try
            {
                using var timer = time.CreateTimer(static state => ((Attempt)state!).GiveUp(), attempt, patience, Timeout.InfiniteTimeSpan);
                socket.Connect(address);
                if (attempt.IsDone())
                {
                    return socket;
                }

                last = new LinkClosedException($"{address} does not answer.");
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                var why = attempt.IsDone() ? $"cannot be reached: {Shown.Reason(exception)}" : "does not answer";
                last = new LinkClosedException($"{address} {why}.", exception);
            }

            socket.Dispose();
        }

        return last is null ? throw new ArgumentException("There is no address.", nameof(addresses)) : throw last;
    }

    /// <summary>Either ends in time or is given up, never both.</summary>
    private sealed class Attempt(Socket socket)
    {
        private const int Ended = 1;
        private const int GivenUp = 2;
        private int _state;

        public bool IsDone() => Interlocked.CompareExchange(ref _state, Ended, 0) != GivenUp;

        public void GiveUp()
        {
            if (Interlocked.CompareExchange(ref _state, GivenUp, 0) == 0)
            {
                // The only way to wake a thread that waits inside a blocking connect.
                socket.Dispose();
            }
        }
    }
}
