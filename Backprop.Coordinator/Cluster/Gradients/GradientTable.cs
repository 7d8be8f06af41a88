using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;
using Backprop.Shared.Tensors;

namespace Backprop.Coordinator.Cluster.Gradients;

/// <summary>
/// The one owner of a gradient between its announcement and the commit; it is found by who sends it and what it answers. Receiving threads
/// open gradients and say what has arrived; whoever runs the core takes what counts, drops the rest, and commits. All methods: from any
/// thread, but for those of a step, which belong to whoever runs the core.
/// </summary>
internal sealed class GradientTable
{
    private const int NoStep = -1;
    private readonly Lock _gate = new();
    private readonly Dictionary<(WorkerId Worker, Assignment Assignment), SpanGradient> _gradients = new(64);
    private readonly List<SpanGradient> _taken;
    private readonly GradientBuffers _buffers;
    private readonly ArrivalFold _fold;
    private int _wantedStep;

    /// <param name="fold">Folds gradients while they arrive.</param>
    /// <param name="shards">Shards of a batch.</param>
    /// <param name="completed">How many steps the run has behind it.</param>
    public GradientTable(GradientBuffers buffers, ArrivalFold fold, int shards, int completed)
    {
        (_buffers, _fold, _wantedStep) = (buffers, fold, completed);
        _taken = new List<SpanGradient>(shards);
    }

    /// <summary>The step whose gradients are wanted; answers to any other are dropped.</summary>
    public int WantedStep => Volatile.Read(ref _wantedStep);

    /// <summary>The gradients that make up the step. For whoever runs the core.</summary>
    public List<SpanGradient> Taken => _taken;

    /// <summary>A step begins, or is computed once more: what the one before consisted of is not looked at any more.</summary>
    public void BeginStep(int step, int samples)
    {
        lock (_gate)
        {
            // Whoever comes late begins no fold any more, and one that goes on is waited for.
            _fold.Stop();
        }

        _fold.Await();
        lock (_gate)
        {
            foreach (var gradient in _taken)
            {
                Return(gradient);
            }

            _taken.Clear();
            _fold.Begin(step, samples);
        }

        Volatile.Write(ref _wantedStep, step);
    }

    /// <summary>
    /// The weights are about to change: nobody's gradient of this step is wanted any more, for one that comes late may be of weights that
    /// changed under its worker.
    /// </summary>
    public void CloseStep() => Volatile.Write(ref _wantedStep, NoStep);

    /// <summary>A gradient that has been announced; null: there is none, or none any more.</summary>
    public SpanGradient? Find(WorkerId worker, in Assignment assignment)
    {
        lock (_gate)
        {
            return _gradients.GetValueOrDefault((worker, assignment));
        }
    }

    /// <summary>A gradient is announced that is not there yet.</summary>
    /// <param name="shared">Where it is already, in memory that the worker shares; null: it travels.</param>
    /// <param name="place">Which of the worker's vectors that is.</param>
    public SpanGradient Open(WorkerId worker, in Assignment assignment, FloatBuffer? shared, int place)
    {
        lock (_gate)
        {
            var gradient = _buffers.Rent(shared is not null);
            gradient.Begin(worker, in assignment, shared, place);
            _gradients.Add((worker, assignment), gradient);
            _fold.Opened(gradient);
            return gradient;
        }
    }

    /// <summary>
    /// Elements of a gradient have arrived. Where they were the last that a fold waited for, the caller folds them: hidden behind the
    /// passes that still go on.
    /// </summary>
    /// <param name="from">From here to its end everything is there.</param>
    /// <param name="finite">Whether those that have just arrived are finite.</param>
    public void Arrived(SpanGradient gradient, int from, bool finite)
    {
        int to;
        lock (_gate)
        {
            gradient.From = from;
            gradient.IsFinite &= finite;
            if (!_fold.TryBegin(gradient, _gradients.Values, out from, out to))
            {
                return;
            }
        }

        var more = true;
        while (more)
        {
            _fold.Reduce(from, to);
            lock (_gate)
            {
                more = _fold.TryGoOn(ref from, ref to);
            }
        }
    }

    /// <summary>A gradient is whole; the core is to judge it.</summary>
    /// <param name="loss">The span's loss, summed over its samples.</param>
    /// <param name="finite">Whether its worker, and the loss, say so.</param>
    /// <returns>Whether all of it is finite.</returns>
    public bool Answer(SpanGradient gradient, double loss, bool finite)
    {
        lock (_gate)
        {
            gradient.Loss = loss;
            gradient.IsFinite &= finite;
            gradient.State = GradientState.Answered;
            return gradient.IsFinite;
        }
    }

    /// <summary>A gradient becomes part of the step.</summary>
    /// <exception cref="InvalidOperationException">It is not there.</exception>
    public void Take(WorkerId worker, in Assignment assignment)
    {
        lock (_gate)
        {
            if (!_gradients.TryGetValue((worker, assignment), out var gradient))
            {
                throw new InvalidOperationException($"The gradient of {worker} for shards {assignment.Span} is not there.");
            }

            gradient.State = GradientState.Taken;
            _taken.Add(gradient);
        }
    }

    /// <summary>The core has judged an answer: where it did not take it, it is dropped unread.</summary>
    public void DropIfNotTaken(WorkerId worker, in Assignment assignment) => Drop(worker, in assignment, GradientState.Answered);

    /// <summary>A gradient will not become whole, or nobody waits for it any more.</summary>
    public void Abandon(WorkerId worker, in Assignment assignment) => Drop(worker, in assignment, GradientState.Arriving);

    /// <summary>How much of the gradient that a worker is sending has come, from 0 to 1; 0 where it sends none.</summary>
    public double ArrivedOf(WorkerId worker)
    {
        lock (_gate)
        {
            foreach (var gradient in _gradients.Values)
            {
                if (gradient.Worker == worker && gradient.State == GradientState.Arriving)
                {
                    return 1 - ((double)gradient.From / gradient.Buffer.Length);
                }
            }
        }

        return 0;
    }

    /// <summary>
    /// Whether all that was taken has been folded while it arrived. Nothing is folded any more until the next step begins.
    /// </summary>
    /// <param name="sums">The total, if so.</param>
    public bool TryFinishFold(out Memory<float> sums)
    {
        while (true)
        {
            _fold.Await();
            lock (_gate)
            {
                if (!_fold.IsFolding)
                {
                    return _fold.TryFinish(_taken.Count, out sums);
                }
            }
        }
    }

    private void Drop(WorkerId worker, in Assignment assignment, GradientState state)
    {
        SpanGradient? gradient;
        lock (_gate)
        {
            if (!_gradients.TryGetValue((worker, assignment), out gradient) || gradient.State != state)
            {
                return;
            }

            _gradients.Remove((worker, assignment));
            _fold.Gone(gradient);
        }

        // Its memory may be read until then.
        _fold.Await();
        lock (_gate)
        {
            _buffers.Return(gradient);
        }
    }

    private void Return(SpanGradient gradient)
    {
        _gradients.Remove((gradient.Worker, gradient.Assignment));
        _buffers.Return(gradient);
    }
}
