using System.Net.Security;
using System.Security.Authentication;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Protocol;

/// <summary>
/// The bytes of a connection within TLS. One thread takes, one at a time gives; both wait. Never more is decrypted than fits, so that
/// <see cref="HasBuffered"/> is the truth: what else there is shows at the socket.
/// </summary>
/// <param name="stream">After its handshake.</param>
internal sealed class SecuredBytes(SslStream stream)
{
    // The stream decrypts what it has read of the socket at once, at most two records of 16 KiB. A read that filled this would have left
    // some.
    private const int AheadBytes = 64 << 10;

    private readonly byte[] _ahead = new byte[AheadBytes];
    private int _from;
    private int _to;

    /// <summary>Bytes are here already. For the taking thread.</summary>
    public bool HasBuffered => _from < _to;

    /// <summary>Waits for bytes.</summary>
    /// <returns>How many came; 0: the other side has closed.</returns>
    /// <exception cref="LinkClosedException">The connection broke, or what came is not what was sent.</exception>
    public int Take(Span<byte> place)
    {
        if (_from == _to)
        {
            (_from, _to) = (0, Read());
        }

        var count = Math.Min(place.Length, _to - _from);
        _ahead.AsSpan(_from, count).CopyTo(place);
        _from += count;
        return count;
    }

    /// <summary>Gives all of the bytes.</summary>
    /// <exception cref="LinkClosedException">The connection broke.</exception>
    public void Give(ReadOnlySpan<byte> bytes)
    {
        try
        {
            stream.Write(bytes);
        }
        catch (Exception problem) when (IsOfConnection(problem))
        {
            throw Broken(problem);
        }
    }

    /// <summary>Whether it is the connection that failed.</summary>
    public static bool IsOfConnection(Exception problem) =>
        problem is IOException or ObjectDisposedException or AuthenticationException or InvalidOperationException;

    /// <summary>The same for who waits.</summary>
    public static LinkClosedException Broken(Exception problem) =>
        new($"The connection broke: {Shown.Reason(problem.InnerException ?? problem)}.", problem);

    private int Read()
    {
        try
        {
            return stream.Read(_ahead);
        }
        catch (Exception problem) when (IsOfConnection(problem))
        {
            throw Broken(problem);
        }
    }
}
