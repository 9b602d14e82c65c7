/** A probability in words, always beside the figure. */

export type Sure = 'hardly' | 'doubtful' | 'unclear' | 'fairly' | 'very' | 'certain';

export function sure(confidence: number): Sure {
  if (confidence < 0.2) return 'hardly';
  if (confidence < 0.4) return 'doubtful';
  if (confidence < 0.6) return 'unclear';
  if (confidence < 0.8) return 'fairly';
  if (confidence < 0.95) return 'very';
  return 'certain';
}
