using System.Buffers.Binary;
using Backprop.Shared.Data;
using Backprop.Shared.Data.Files;
using Backprop.Shared.Primitives;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Data;

public sealed class IdxSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Images_keep_their_shape_and_bytes_their_values(bool packed)
    {
        var images = Idx(0x08, [2, 2, 3], [0, 1, 2, 3, 4, 255, 6, 7, 8, 9, 10, 11]);
        var labels = Idx(0x08, [2], [4, 0]);
        _folder.Write("images", packed ? Gzip.Pack(images) : images);
        _folder.Write("labels", packed ? Gzip.Pack(labels) : labels);

        var data = new IdxSource { Images = "images", Labels = "labels" }.Load(_folder.Context());

        data.SampleShape.ToString().ShouldBe("[2, 3]");
        data.Features.ShouldBe([0, 1, 2, 3, 4, 255, 6, 7, 8, 9, 10, 11]);
        data.Labels.ShouldBe([4, 0]);
        data.ClassNames.ShouldBe(["0", "1", "2", "3", "4"]);
        new IdxSource { Images = "images", Labels = "labels" }.Load(_folder.Context(classes: 10)).ClassNames.Count.ShouldBe(10);
    }

    [Fact]
    public void Every_element_type_is_read_big_endian()
    {
        Read(0x09, [0xFF, 0x80]).ShouldBe([-1, -128]);
        Read(0x0B, [0xFF, 0xFE, 0x01, 0x00]).ShouldBe([-2, 256]);
        Read(0x0C, [0xFF, 0xFF, 0xFF, 0xFD, 0, 1, 0, 0]).ShouldBe([-3, 65536]);
        var single = new byte[8];
        BinaryPrimitives.WriteSingleBigEndian(single, 0.1f);
        BinaryPrimitives.WriteSingleBigEndian(single.AsSpan(4), -2.5f);
        Read(0x0D, single).ShouldBe([0.1f, -2.5f]);
        var wide = new byte[16];
        BinaryPrimitives.WriteDoubleBigEndian(wide, 0.1);
        BinaryPrimitives.WriteDoubleBigEndian(wide.AsSpan(8), 1e-300);
        Read(0x0E, wide).ShouldBe([0.1f, 0]);
    }

    [Fact]
    public void A_file_longer_than_a_block_is_read_whole()
    {
        var values = new byte[3 * 50_001];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (byte)(i * 31);
        }

        _folder.Write("long", Gzip.Pack(Idx(0x08, [3, 50_001], values)));

        using var file = DataFile.Open(Path.Combine(_folder.Path, "long"));
        IdxFile.Read(file).Values.ShouldBe(values.Select(value => (float)value));
    }

    [Fact]
    public void Every_cut_is_refused_packed_or_not()
    {
        var whole = Idx(0x0B, [2, 3], new byte[12]);
        for (var length = 0; length < whole.Length; length++)
        {
            var path = _folder.Write("cut", whole[..length]);
            Refused(path).ShouldContain(length < 4 ? "is no IDX file" : "cut off");
            path = _folder.Write("cut.gz", Gzip.Pack(whole[..length]));
            Refused(path).ShouldContain(length < 4 ? "is no IDX file" : "cut off");
        }
    }

    [Fact]
    public void Any_damage_to_a_good_file_is_read_or_refused_but_never_crashes()
    {
        var good = Idx(0x0C, [2, 2], new byte[16]);
        var read = 0;
        foreach (var original in new[] { good, Gzip.Pack(good) })
        {
            for (var bit = 0; bit < 8 * original.Length; bit++)
            {
                var damaged = (byte[])original.Clone();
                damaged[bit / 8] ^= (byte)(1 << (bit % 8));
                try
                {
                    using var file = DataFile.Open(_folder.Write("damaged", damaged));
                    read += IdxFile.Read(file).Values.Length == 4 ? 1 : 0;
                }
                catch (UserException exception)
                {
                    exception.Message.ShouldStartWith(_folder.Path);
                }
            }
        }

        read.ShouldBeGreaterThan(10);
    }

    [Fact]
    public void A_header_that_promises_too_much_is_refused_before_memory_is_taken()
    {
        var sizes = new[] { int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue };
        var plain = _folder.Write("plain", Idx(0x0E, sizes, new byte[64]));
        var packed = _folder.Write("packed", Gzip.Pack(Idx(0x08, [60000, 28, 28], new byte[64])));

        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(plain).ShouldContain("is cut off: its header says");
        Refused(packed).ShouldContain("is cut off: its header says [60000, 28, 28]");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(2_000_000);
    }

    [Fact]
    public void Foreign_headers_and_values_are_refused()
    {
        Refused(_folder.Write("a", "1,2,3\n4,5,6\n")).ShouldContain("is no IDX file (it starts with 0x312C322C)");
        Refused(_folder.Write("b", [0, 0, 7, 1, 0, 0, 0, 1, 0])).ShouldContain("is no IDX file");
        Refused(_folder.Write("c", [0, 0, 8, 0, 0])).ShouldContain("is no IDX file");
        Refused(_folder.Write("d", [0, 0, 8, 200, 0])).ShouldContain("is no IDX file");
        Refused(_folder.Write("e", Idx(0x08, [0, 28], []))).ShouldContain("dimension 0 has size 0");
        Refused(_folder.Write("f", Idx(0x08, [-1, 28], []))).ShouldContain("dimension 0 has size 4294967295");
        Refused(_folder.Write("g", Idx(0x08, [1, 2], [1, 2, 3]))).ShouldContain("is longer than its header");
        Refused(_folder.Write("h", Idx(0x0D, [1, 2], [0, 0, 0, 0, 0x7F, 0xC0, 0, 0]))).ShouldContain("not finite in float32, the 2th");
        Refused(_folder.Write("i", Idx(0x0E, [1, 1], [0x7E, 0x37, 0xE4, 0x3C, 0x88, 0, 0, 0]))).ShouldContain("not finite");
    }

    [Fact]
    public void Labels_must_fit_the_images_and_the_classes()
    {
        _folder.Write("images", Idx(0x08, [2, 2], [1, 2, 3, 4]));
        _folder.Write("three", Idx(0x08, [3], [0, 1, 2]));
        _folder.Write("flat", Idx(0x08, [2, 1], [0, 1]));
        _folder.Write("seven", Idx(0x08, [2], [0, 7]));
        _folder.Write("half", Idx(0x0D, [2], [0, 0, 0, 0, 0x3F, 0, 0, 0]));
        _folder.Write("minus", Idx(0x09, [2], [0, 0xFF]));
        string Message(string labels, int? classes = null) =>
            DataError.Of(() => new IdxSource { Images = "images", Labels = labels }.Load(_folder.Context(classes)));

        Message("three").ShouldContain("has 3 labels for the 2 samples of");
        Message("flat").ShouldContain("has rank 2, but labels have rank 1");
        Message("seven", 5).ShouldContain("gives sample 1 the label 7, which is no class from 0 to 4");
        Message("half").ShouldContain("the label 0.5");
        Message("minus").ShouldContain("the label -1");
    }

    internal static byte[] Idx(byte type, int[] sizes, byte[] values)
    {
        var header = new byte[4 + (4 * sizes.Length)];
        header[2] = type;
        header[3] = (byte)sizes.Length;
        for (var dimension = 0; dimension < sizes.Length; dimension++)
        {
            BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + (4 * dimension)), sizes[dimension]);
        }

        return [.. header, .. values];
    }

    private float[] Read(byte type, byte[] values)
    {
        using var file = DataFile.Open(_folder.Write("values", Idx(type, [2], values)));
        return IdxFile.Read(file).Values;
    }

    private static string Refused(string path)
    {
        var message = DataError.Of(() =>
        {
            using var file = DataFile.Open(path);
            IdxFile.Read(file);
        });
        message.ShouldStartWith(path);
        return message;
    }
}
