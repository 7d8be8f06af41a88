using System.Buffers.Binary;
using Backprop.Shared.Protocol;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Protocol;

/// <summary>
/// Makes connections of some good frames and, at the end of most, one bad thing; feeds them in odd pieces to a scanner of their own; and
/// demands that exactly the good frames come out, whole, that nothing but a <see cref="ProtocolException"/> is thrown, and that no
/// memory is taken on the way.
/// </summary>
internal sealed class FrameFuzzer
{
    /// <summary>What a refusal costs: the exception, its sentence and its trace.</summary>
    private const int AllocatedMaximum = 32 << 10;
    private const int StreamBytes = 4 << 20;
    private const ulong Canary = 0xC0FFEE_5EA5_1DE5;

    private static readonly FrameLimits[] AllLimits =
        [FrameLimits.Worker, FrameLimits.Worker, FrameLimits.Coordinator, FrameLimits.Opening, FrameLimits.Joining, FrameLimits.Awaiting];

    private readonly SplitMix64 _random;
    private readonly byte[] _noise = new byte[2 << 20];
    private readonly byte[] _stream = new byte[StreamBytes];
    private readonly byte[] _place = GC.AllocateArray<byte>(FrameFormat.RunFileBytes + sizeof(ulong), pinned: true);
    private readonly List<Sent> _good = [];
    private readonly FrameKind[][] _kinds;
    private FrameLimits _limits = FrameLimits.Worker;
    private int _end;

    public FrameFuzzer(ulong seed)
    {
        _random = new SplitMix64(seed);
        _random.Fill(_noise);
        _kinds = [.. AllLimits.Select(limits => Enum.GetValues<FrameKind>().Where(kind => Takes(limits, kind, 0)).ToArray())];
    }

    /// <summary>Good and bad frames so far.</summary>
    public long Frames { get; private set; }

    /// <summary>Connections that were refused.</summary>
    public long Refusals { get; private set; }

    /// <summary>Good frames that came out.</summary>
    public long Received { get; private set; }

    /// <summary>One connection.</summary>
    public void Connection()
    {
        var which = _random.Below(AllLimits.Length);
        _limits = AllLimits[which];
        _end = 0;
        _good.Clear();
        for (var i = _random.Below(48); i > 0; i--)
        {
            Good(_kinds[which]);
        }

        var mustFail = false;
        if (_random.Below(8) > 0)
        {
            mustFail = Bad(_kinds[which]);
            Frames++;
        }

        Frames += _good.Count;
        var scanner = new FrameScanner(_limits);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var (received, refused) = Feed(scanner);
        (GC.GetAllocatedBytesForCurrentThread() - allocated).ShouldBeLessThan(refused ? AllocatedMaximum : 1);
        received.ShouldBe(_good.Count);
        refused.ShouldBeOneOf(true, mustFail);
        Received += received;
        Refusals += refused ? 1 : 0;
    }

    private static bool Takes(FrameLimits limits, FrameKind kind, uint payload)
    {
        try
        {
            limits.Check(kind, 0, payload);
            return true;
        }
        catch (ProtocolException)
        {
            return false;
        }
    }

    private void Good(FrameKind[] kinds)
    {
        var (kind, envelope, payload) = Shape(kinds);
        var state = (byte)(_random.Below(16) == 0 ? 1 : 0);
        _good.Add(new Sent(kind, envelope, payload, payload.Length > 0 && state == 1));
        _end += Shared.Protocol.Frames.Write(_stream.AsSpan(_end), kind, Noise(envelope), Noise(payload), state);
    }

    private (FrameKind Kind, Range Envelope, Range Payload) Shape(FrameKind[] kinds)
    {
        var kind = kinds[_random.Below(kinds.Length)];
        var envelope = _random.Below(64) == 0 ? _random.Below(_limits.EnvelopeBytes + 1) : _random.Below(60);
        var floats = _random.Below(256) == 0 ? 20_000 : _random.Below(100);
        var payload = Takes(_limits, kind, 8) ? 8 * floats : 0;
        return (kind, Piece(envelope), Piece(payload));
    }

    /// <returns>Whether the scanner must refuse it; otherwise it may also wait for more.</returns>
    private bool Bad(FrameKind[] kinds)
    {
        var start = _end;
        var (kind, envelope, payload) = Shape(kinds);
        var frame = _stream.AsSpan(start);
        var length = Shared.Protocol.Frames.Write(frame, kind, Noise(envelope), Noise(payload), 0);
        _end += length;
        switch (_random.Below(6))
        {
            case 0: // any bit of the frame turned
                frame[_random.Below(length)] ^= (byte)(1 << _random.Below(8));
                return false;
            case 1: // lengths that lie, and a right checksum of them
                var lie = (uint[])[int.MaxValue, uint.MaxValue, 1u << 31, (uint)FrameFormat.RunFileBytes + 1];
                BitConverter.TryWriteBytes(frame[8..], lie[_random.Below(lie.Length)]);
                BitConverter.TryWriteBytes(frame[12..], Crc32C.Append(Crc32C.Append(0, frame[..12]), Noise(envelope)));
                return true;
            case 2: // cut
                _end = start + _random.Below(length);
                return false;
            case 3: // noise
                _end = start + 16 + _random.Below(2000);
                Noise(Piece(_end - start)).CopyTo(frame);
                return true;
            case 4: // noise behind the magic
                _end = start + 16 + _random.Below(2000);
                Noise(Piece(_end - start)).CopyTo(frame);
                "BPR1"u8.CopyTo(frame);
                return false;
            default: // a header of noise with known kind and small lengths
                Noise(Piece(12)).CopyTo(frame[4..]);
                frame[4] = (byte)(1 + _random.Below(20));
                frame[5] = 0;
                frame[7] = 0;
                frame[10] = 0;
                frame[11] = 0;
                return false;
        }
    }

    private (int Received, bool Refused) Feed(FrameScanner scanner)
    {
        var received = 0;
        var style = _random.Below(8);
        try
        {
            for (var at = 0; at < _end;)
            {
                var wanted = scanner.Wanted;
                var most = style switch
                {
                    0 => 1 + _random.Below(3),
                    1 => 1 + _random.Below(100),
                    2 => 1 + _random.Below(5000),
                    _ => int.MaxValue,
                };
                var count = Math.Min(Math.Min(most, wanted.Length), _end - at);
                _stream.AsSpan(at, count).CopyTo(wanted);
                at += count;
                for (var found = scanner.Advance(count); found != ScanEvent.None; found = scanner.Continue())
                {
                    received += Take(scanner, found, received);
                }
            }
        }
        catch (ProtocolException)
        {
            return (received, true);
        }

        return (received, false);
    }

    private int Take(FrameScanner scanner, ScanEvent found, int received)
    {
        if (found == ScanEvent.Envelope)
        {
            // The place is as long as was said, and no longer.
            BinaryPrimitives.WriteUInt64LittleEndian(_place.AsSpan(scanner.PayloadLength), Canary);
            if ((received & 7) == 7)
            {
                scanner.Skip();
            }
            else
            {
                scanner.IntoPinned(_place.AsSpan(0, scanner.PayloadLength));
            }

            return 0;
        }

        if (received >= _good.Count)
        {
            throw new InvalidOperationException($"A frame {scanner.Kind} came out that nobody sent.");
        }

        var sent = _good[received];
        var same = scanner.Kind == sent.Kind && scanner.IsVoid == sent.IsVoid && scanner.Envelope.SequenceEqual(Noise(sent.Envelope));
        var payload = Noise(sent.Payload);
        same &= scanner.PayloadLength == payload.Length;
        if (payload.Length > 0)
        {
            same &= (received & 7) == 7 || payload.SequenceEqual(_place.AsSpan(0, payload.Length));
            same &= BinaryPrimitives.ReadUInt64LittleEndian(_place.AsSpan(payload.Length)) == Canary;
        }

        return same ? 1 : throw new InvalidOperationException($"Frame {received} of the connection came out otherwise than it went in.");
    }

    private Range Piece(int length) => new(_random.Below(_noise.Length - length), length);

    private ReadOnlySpan<byte> Noise(Range range) => _noise.AsSpan(range.Start, range.Length);

    /// <summary>A stretch of the noise.</summary>
    private readonly record struct Range(int Start, int Length);

    private readonly record struct Sent(FrameKind Kind, Range Envelope, Range Payload, bool IsVoid);
}
