using System.Collections;
using Backprop.Tests.TestUtilities;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Backprop.Tests.Coordinator.Cluster.Fuzz;

/// <summary>
/// Bends messages: their bytes, as a broken sender or wire would, and their fields, as somebody would who means harm. One seed decides
/// about everything.
/// </summary>
internal sealed class HostileMessages(ulong seed)
{
    private const int ManyEntries = 3000;

    private static readonly string[] Texts =
    [
        "", " ", " a ", ".", "..", "../../etc/passwd", "/etc/passwd", "a/../../b", "C:\\windows\\x", "a\0b", "\u001b[2J\u001b]0;x\u0007",
        "a\r\nb", "\u202egnp", "\u00fc\u4e2d\U0001F600", "NaN", "-1", "left", "left/1", "fuzz", "worker",
        "127.0.0.1:1", "127.0.0.1:0", "[::1]:7400", "0.0.0.0:70000",
        new('x', 64), new('x', 65), new('\u4e2d', 100), $"{new string('h', 254)}:1", new('x', 70_000), "/data/train.csv", "train.csv",
        "{{{{", "[[[[", "a: &a [*a]", "!!binary x", "akka.tcp://backprop-a@:0", "akka.tcp://", "\ufffd",
    ];

    private static readonly long[] Integers =
    [
        0, 1, -1, 2, 3, 16, 1024, 1025, 4096, 4097, int.MaxValue, int.MinValue, uint.MaxValue, 16L << 30, (16L << 30) + 1, long.MaxValue,
        long.MinValue,
    ];

    private static readonly double[] Reals =
        [0, -0.0, 1, -1, 20, 1e-300, 1e300, double.Epsilon, double.MaxValue, double.NaN, double.PositiveInfinity, double.NegativeInfinity];

    private static readonly int[] Lengths = [0, 1, 16, 31, 32, 33, 5000, 300_000];

    /// <summary>The numbers by which all is drawn.</summary>
    public SplitMix64 Random { get; } = new(seed);

    /// <summary>A message's bytes, bent.</summary>
    /// <param name="other">Another message's, to be spliced in.</param>
    public byte[] Bend(byte[] good, byte[] other)
    {
        byte[] bytes = [.. good];
        for (var times = 1 + Random.Below(3); times > 0; times--)
        {
            var at = Random.Below(bytes.Length + 1);
            bytes = Random.Below(7) switch
            {
                0 => bytes[..at],
                1 => [.. bytes[..at], .. other],
                2 => [.. bytes[..at], 0xFF, 0xFF, 0xFF, 0xFF, (byte)(8 + Random.Below(8)), .. bytes[at..]], // a length or number that lies
                3 => [.. bytes[..at], .. Noise(1 + Random.Below(24)), .. bytes[at..]],
                4 => [.. Enumerable.Repeat(bytes[..Math.Min(at, 40)], 1 + Random.Below(60)).SelectMany(piece => piece), .. bytes[at..]],
                5 => [.. Enumerable.Repeat((byte)(Random.Below(2) == 0 ? 0x0B : 0x0A), Random.Below(400)), .. bytes], // deeply nested
                _ => Turned(bytes),
            };
        }

        return bytes;
    }

    /// <summary>Gives some fields of a message values that no honest sender gives.</summary>
    public void Spoil(IMessage message)
    {
        for (var times = 1 + Random.Below(2); times > 0; times--)
        {
            var fields = message.Descriptor.Fields.InDeclarationOrder();
            SpoilField(message, fields[Random.Below(fields.Count)]);
        }
    }

    private void SpoilField(IMessage message, FieldDescriptor field)
    {
        if (field.IsRepeated)
        {
            SpoilList((IList)field.Accessor.GetValue(message), field);
        }
        else if (field.FieldType == FieldType.Message && field.Accessor.GetValue(message) is IMessage inner && Random.Below(6) > 0)
        {
            Spoil(inner);
        }
        else if (field.FieldType == FieldType.Message)
        {
            field.Accessor.Clear(message);
        }
        else
        {
            field.Accessor.SetValue(message, Value(field, field.Accessor.GetValue(message)));
        }
    }

    private void SpoilList(IList list, FieldDescriptor field)
    {
        var choice = Random.Below(12);
        if (choice == 0)
        {
            list.Clear();
        }
        else if (choice < 6 && list.Count > 0 && list[Random.Below(list.Count)] is IMessage inner)
        {
            Spoil(inner);
        }
        else if (choice < 9 || list.Count == 0)
        {
            list.Add(field.FieldType == FieldType.Message ? Activator.CreateInstance(field.MessageType.ClrType)! : Value(field, ""));
        }
        else if (Random.Below(60) == 0)
        {
            while (list.Count < ManyEntries)
            {
                list.Add(list[0]);
            }
        }
        else
        {
            list.Add(list[Random.Below(list.Count)]);
        }
    }

    private object Value(FieldDescriptor field, object old) => field.FieldType switch
    {
        FieldType.Int32 => (int)Integers[Random.Below(Integers.Length)],
        FieldType.Enum => Enum.ToObject(field.EnumType.ClrType, (int)Integers[Random.Below(Integers.Length)]),
        FieldType.Int64 => Integers[Random.Below(Integers.Length)],
        FieldType.Double => Reals[Random.Below(Reals.Length)],
        FieldType.Bool => Random.Below(2) == 0,
        FieldType.Bytes => ByteString.CopyFrom(Noise(Lengths[Random.Below(Lengths.Length - (Random.Below(20) == 0 ? 0 : 1))])),
        FieldType.String => Text((string)old),
        var other => throw new NotSupportedException($"{field.FullName} is of a kind that is not bent yet: {other}"),
    };

    /// <summary>A text that means harm, or the honest one with a piece of such in its middle: a run file stays nearly one.</summary>
    private string Text(string old)
    {
        var hostile = Texts[Random.Below(Texts.Length)];
        if (old.Length < 80 || Random.Below(4) == 0)
        {
            return hostile;
        }

        var (from, to) = (Random.Below(old.Length), Random.Below(old.Length));
        (from, to) = to - from is > 0 and < 60 ? (from, to) : (from, Math.Min(old.Length, from + 4));
        var number = Random.Below(2) == 0 ? hostile : $"{Integers[Random.Below(Integers.Length)]}";
        return $"{old[..from]}{number}{old[to..]}";
    }

    private byte[] Turned(byte[] bytes)
    {
        for (var flips = bytes.Length == 0 ? 0 : 1 + Random.Below(4); flips > 0; flips--)
        {
            bytes[Random.Below(bytes.Length)] ^= (byte)(1 << Random.Below(8));
        }

        return bytes;
    }

    private byte[] Noise(int length)
    {
        var noise = new byte[length];
        Random.Fill(noise.AsSpan(0, Math.Min(length, 256)));
        return noise;
    }
}
