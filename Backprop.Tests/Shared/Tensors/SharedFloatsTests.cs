using Backprop.Shared.Tensors;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Tensors;

/// <summary>Memory that two processes see; the second one is played by a second mapping of this one's.</summary>
public sealed class SharedFloatsTests
{
    private const int Length = 5000;

    public SharedFloatsTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux has such memory");

    [Fact]
    public void WhatOneWrites_TheOtherReads()
    {
        using var floats = SharedFloats.TryCreate(Length, othersWrite: true)!;
        using var others = SharedFloats.TryOpen(Environment.ProcessId, floats.Descriptor, Length, writable: true)!;

        floats.View(0, 1).Values[0] = 1.5f;
        others.View(Length - 1, 1).Values[0] = -2;

        others.View(0, 1).Values[0].ShouldBe(1.5f);
        floats.View(Length - 1, 1).Values[0].ShouldBe(-2);
        floats.View(1, Length - 2).Values.ToArray().ShouldAllBe(value => value == 0);
    }

    [Fact]
    public void WhatIsOnlyToBeRead_CannotBeOpenedToBeWritten()
    {
        using var floats = SharedFloats.TryCreate(Length, othersWrite: false)!;

        SharedFloats.TryOpen(Environment.ProcessId, floats.Descriptor, Length, writable: true).ShouldBeNull();
        using var others = SharedFloats.TryOpen(Environment.ProcessId, floats.Descriptor, Length, writable: false)!;

        floats.View(3, 1).Values[0] = 4;
        others.View(3, 1).Values[0].ShouldBe(4);
    }

    [Fact]
    public void NobodyCanChangeItsLength()
    {
        using var floats = SharedFloats.TryCreate(Length, othersWrite: true)!;
        using var file = File.OpenHandle(
            $"/proc/self/fd/{floats.Descriptor}", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

        Should.Throw<Exception>(() => RandomAccess.SetLength(file, 8)).ShouldBeAssignableTo<SystemException>();
        RandomAccess.GetLength(file).ShouldBe(Length * sizeof(float));
    }

    [Fact]
    public void WhatIsNotThere_OrIsSomethingElse_IsNotOpened()
    {
        using var folder = new TemporaryFolder();
        using var floats = SharedFloats.TryCreate(Length, othersWrite: true)!;
        using var file = File.OpenHandle(folder["file"], FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.SetLength(file, Length * sizeof(float));

        Open(Environment.ProcessId, floats.Descriptor, Length + 1).ShouldBeNull("another length");
        Open(Environment.ProcessId, (int)file.DangerousGetHandle(), Length).ShouldBeNull("a file on disk");
        Open(Environment.ProcessId, int.MaxValue, Length).ShouldBeNull("no descriptor");
        Open(int.MaxValue, floats.Descriptor, Length).ShouldBeNull("no process");
        Open(-1, floats.Descriptor, Length).ShouldBeNull("a negative process");
        Open(Environment.ProcessId, -1, Length).ShouldBeNull("a negative descriptor");

        static SharedFloats? Open(int process, int descriptor, long length) =>
            SharedFloats.TryOpen(process, descriptor, length, writable: true);
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(1024, 3)]
    [InlineData(1_100_000, 40)]
    public void Vectors_LieApart(int length, int count)
    {
        using var vectors = SharedVectors.TryCreate(length, count)!;
        using var others = SharedVectors.TryOpen(Environment.ProcessId, vectors.Descriptor, length, count)!;
        vectors.Count.ShouldBe(count);

        for (var i = 0; i < count; i++)
        {
            vectors[i].Values[0] = i + 1;
            vectors[i].Values[^1] = i + 1;
        }

        for (var i = 0; i < count; i++)
        {
            (others[i].Values[0], others[i].Values[^1], others[i].Length).ShouldBe((i + 1, i + 1, length));
        }

        SharedVectors.TryOpen(Environment.ProcessId, vectors.Descriptor, length, count + 1).ShouldBeNull();
    }

    [Fact]
    public void NoMoreVectorsAreMadeThanCanBeAddressed()
    {
        // 8 GB each: 128 of them are the most; none is touched, so none costs memory.
        using var vectors = SharedVectors.TryCreate(int.MaxValue - 1000, 100_000);

        vectors?.Count.ShouldBeLessThanOrEqualTo(128);
    }
}
